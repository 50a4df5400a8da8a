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
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/health_reporter.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/delivery/mail_pause.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/delivery/session_shares.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// What the worker works with; all of it outlives the worker.
struct WorkerParts {
  Outbox& outbox;
  const AccountDirectory& accounts;
  Relay& relay;
  HeldPasswords& passwords;
  HealthReporter& health;
  MailPause& pause;
  std::function<net::Task<absl::Status>()> catch_up;  // the accounts, with admin
  std::function<void()> on_settled;
};

// Takes due mails from the outbox, carries each to its account's server, and
// settles it.
class DeliveryWorker {
 public:
  DeliveryWorker(boost::asio::any_io_executor executor, WorkerParts parts,
                 WorkerLimits limits = {});

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
  std::vector<SessionOf> UnderWay() const;

  net::Task<void> Deliver(TakenMail mail);
  // The account, when an attempt failed before it began because nobody had given the
  // password, or the one that was tried is `refused`.
  const Account* LacksPassword(const TakenMail& mail, const smtp::Transaction& transaction,
                               bool refused) const;
  net::Task<absl::Status> Carry(const TakenMail& mail, smtp::Transaction& transaction,
                                std::unique_ptr<RelaySession>& connection);
  net::Task<absl::Status> CarryAs(Account account, const TakenMail& mail,
                                  smtp::Transaction& transaction,
                                  std::unique_ptr<RelaySession>& connection);
  net::Task<absl::Status> Send(const Account& account, const TakenMail& mail,
                               smtp::Session& session, smtp::Transaction& transaction);
  net::Task<void> Settle(TakenMail mail, Settlement settlement);

  const WorkerParts parts_;
  const WorkerLimits limits_;
  net::Event wake_;
  net::Event idle_;
  absl::flat_hash_map<AttemptKey, Attempt> attempts_;
  std::minstd_rand random_{std::random_device{}()};
  net::TaskGroup sessions_;  // last: their coroutines use all of the above
  net::TaskGroup loops_;
};

}  // namespace postern::sender
