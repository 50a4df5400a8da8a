#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/routes/route_table.h"
#include "services/sender/schedules/gate_record.h"
#include "services/sender/schedules/gates.h"

namespace postern::sender {

// What the keeper works with; all of it outlives it.
struct GateParts {
  Outbox& outbox;
  GateRecord& record;
  const AccountDirectory& accounts;
  std::function<std::shared_ptr<const RouteTable>()> routes;
  // The name of the route that an account's mail takes; empty: none.
  std::function<std::string(const Account&)> route_of;
  std::function<void()> mail_due;  // a gate was opened
};

// Opens and shuts the gates of accounts (Outbox::SetGate) as schedules say (gates.h). Several
// senders keep the same gates, each by its own clock: whoever is first opens one, and all shut it
// alike.
class GateKeeper {
 public:
  GateKeeper(boost::asio::any_io_executor executor, GateParts parts);

  // For ever; begins when the accounts are loaded.
  net::Task<void> Run();

  void AccountChanged(const std::string& id);  // or removed
  void RoutesChanged();
  void MailCame();
  // A connection to this host was opened, whatever for ("#").
  void Connected(absl::string_view host);
  // An operator made mails due, and the queue opened gates for them: they are shut again when
  // those mails had time to go.
  void Retried();

  // As Gates::GoesAt.
  std::optional<absl::Time> GoesAt(const std::string& account_id, absl::Time due) const;
  // What keeps the account's mail back, in words: "its schedule", "route NIGHT"; empty: nothing.
  std::string ShutBy(const std::string& account_id) const;
  // Whose mail takes the route.
  std::vector<std::string> AccountsOf(absl::string_view route) const;
  bool IsRouteOpen(absl::string_view route) const;
  std::optional<absl::Time> NextRunOf(absl::string_view route) const;

 private:
  net::Task<void> Begin();
  net::Task<void> Look();
  net::Task<void> TellGates();
  net::Task<void> TellNotes();
  void Review(const std::string& id);
  void ReviewRoutes();
  net::Duration UntilNextAsk() const;

  const GateParts parts_;
  std::optional<Gates> gates_;               // from Begin() on
  absl::flat_hash_set<std::string> known_;   // all accounts
  std::vector<std::string> routes_;          // those that gates_ knows
  absl::flat_hash_set<std::string> untold_;  // whose gate is to be set
  absl::flat_hash_set<std::string> set_;     // who has one in Redis
  absl::flat_hash_set<std::string> shut_;    // those of them that are shut
  Gates::Record notes_;                      // not on record yet
  uint64_t begun_ = 0;
  bool mail_came_ = false;
  absl::Time tell_again_ = absl::InfiniteFuture();  // all that are shut
  net::Event wake_;
};

}  // namespace postern::sender
