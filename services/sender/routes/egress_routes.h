#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "lib/net/tcp_dialer.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/delivery/ways.h"
#include "services/sender/routes/link.h"
#include "services/sender/routes/link_record.h"
#include "services/sender/routes/route_file.h"

namespace postern::sender {

struct RouteOptions {
  std::string default_route;   // of accounts that name none; empty: none
  net::DialerOptions dialing;  // to accounts' own servers
};

// What the routes work with; all of it outlives them.
struct RouteParts {
  LinkRecord& record;
  // How many mails wait for a route.
  std::function<net::Task<uint64_t>(std::string route)> waiting;
  std::function<void()> on_change;  // other routes are in force
};

// The operator's egress routes, as the file has them now.
class EgressRoutes {
 public:
  EgressRoutes(boost::asio::any_io_executor executor, RouteFile file, RouteOptions options,
               RouteParts parts);
  ~EgressRoutes();

  // The way of an account's mail; null: it takes no route. A route that the file does not have
  // is one that can't be opened: mail must not go another way than it was told to.
  Route* RouteOf(const Account& account);
  // What the account or the default names; empty: none.
  std::string NameOf(const Account& account) const;
  const std::shared_ptr<const RouteTable>& table() const { return file_.table(); }
  const std::string& file_problem() const { return file_.problem(); }
  // Null: the route has no commands.
  const Link* LinkOf(absl::string_view route) const;

  // An operator wants the mail to go now.
  void Retried();

  // For ever: brings links up and down, and follows the file.
  net::Task<void> Run();
  // Brings the links down, in 3 s at most, when no session is left.
  net::Task<void> Stop();

 private:
  class Way;
  class NoWay;

  void Follow();
  std::unique_ptr<Way> Make(const RouteSettings& settings);
  std::shared_ptr<Link> LinkFor(const RouteSettings& settings, const Way* before);
  void Start(const std::shared_ptr<Link>& link);
  net::Task<void> EndWhatIsLeft();
  net::Task<void> RunLink(std::shared_ptr<Link> link);
  net::Task<void> EndLink(std::shared_ptr<Link> link);

  boost::asio::any_io_executor executor_;
  RouteFile file_;
  const RouteOptions options_;
  const RouteParts parts_;
  // Sessions hold what they were opened by, so that none of them ever goes: few edits are made.
  std::vector<std::unique_ptr<Way>> ways_;
  absl::flat_hash_map<std::string, Way*> in_force_;  // by name in lower case
  std::vector<std::shared_ptr<Link>> links_;
  std::unique_ptr<NoWay> no_way_;
  absl::flat_hash_set<std::string> told_;  // what accounts name and the file does not have
  bool running_ = false;
  net::TaskGroup loops_;  // last: its coroutines use all of the above
};

}  // namespace postern::sender
