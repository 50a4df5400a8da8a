#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/sender/account_directory.h"
#include "services/sender/health_reporter.h"
#include "services/sender/outbox.h"
#include "services/sender/relay.h"

namespace postern::sender {

// Sessions at once. The limits of an account and of an owner keep slow servers
// from taking all of them, so that no user waits for another one's server.
struct WorkerLimits {
  size_t sessions = 256;
  size_t per_account = 2;
  size_t per_owner = 4;
};

// Takes due mails from the outbox, carries each to its account's server, and
// settles it.
class DeliveryWorker {
 public:
  DeliveryWorker(boost::asio::any_io_executor executor, Outbox& outbox,
                 const AccountDirectory& accounts, Relay& relay, HealthReporter& health,
                 std::function<net::Task<absl::Status>()> catch_up,
                 std::function<void()> on_settled, WorkerLimits limits = {});

  void Start();
  // Something may be due: a new mail, new settings.
  void Wake() { wake_.Notify(); }
  // Takes no more, lets sessions end for a while, gives the rest back.
  net::Task<void> Stop();

 private:
  struct Attempt {
    TakenMail mail;
    uint64_t task = 0;
    bool dot_marked = false;  // in Redis; the dot itself goes out behind the content
    const smtp::Transaction* transaction = nullptr;  // of Deliver(), while it runs
  };
  using AttemptKey = std::string;  // queue id and token: an attempt may outlive its lease
  class Underway;

  net::Task<void> Dispatch();
  net::Task<void> KeepLeases();
  net::Task<absl::Status> RenewLeases();
  void Begin(TakenMail mail);
  std::vector<std::string> BusyAccounts() const;

  net::Task<void> Deliver(TakenMail mail);
  net::Task<absl::Status> Carry(const TakenMail& mail, smtp::Transaction& transaction,
                                std::unique_ptr<RelaySession>& connection);
  net::Task<absl::Status> Send(const TakenMail& mail, const std::string& host,
                               smtp::Session& session, smtp::Transaction& transaction);
  net::Task<void> Settle(TakenMail mail, Settlement settlement);

  Outbox& outbox_;
  const AccountDirectory& accounts_;
  Relay& relay_;
  HealthReporter& health_;
  const std::function<net::Task<absl::Status>()> catch_up_;  // the accounts, with admin
  const std::function<void()> on_settled_;
  const WorkerLimits limits_;
  net::Event wake_;
  net::Event idle_;
  absl::flat_hash_map<AttemptKey, Attempt> attempts_;
  std::minstd_rand random_{std::random_device{}()};
  net::TaskGroup sessions_;  // last: their coroutines use all of the above
  net::TaskGroup loops_;
};

}  // namespace postern::sender
