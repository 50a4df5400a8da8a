#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>
#include <random>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/health_reporter.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/delivery/account_sleep.h"
#include "services/sender/delivery/carriers.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// What attempts work with; all of it outlives them.
struct AttemptParts {
  Outbox& outbox;
  const AccountDirectory& accounts;
  const Carriers& carriers;
  Relay& relay;
  HeldPasswords& passwords;
  HealthReporter& health;
  std::function<net::Task<absl::Status>()> catch_up;  // the accounts, with admin
};

// What is to become of a mail that an attempt was made with. Neither: somebody else has it.
struct AttemptEnd {
  std::optional<Settlement> settlement;
  // It was not tried, for the owner has to act first: it is given back, and the account's mail
  // waits.
  std::optional<Account> waits_for_owner;
};

// The way from "mail taken" to "recipients settled".
class Attempts {
 public:
  // `tasks`: for what goes on beside an attempt.
  Attempts(boost::asio::any_io_executor executor, AttemptParts parts, net::TaskGroup& tasks)
      : executor_(executor), parts_(std::move(parts)), tasks_(tasks) {}

  // `transaction` is of this mail, and tells at any time how far it is. Takes half an hour at
  // most.
  net::Task<AttemptEnd> Make(const TakenMail& mail, smtp::Transaction& transaction);
  // The account has other settings: why it slept counts no more.
  void Forget(const std::string& account_id) { sleeps_.Woke(account_id); }
  // For the metrics.
  void CountSleepers() const;

 private:
  net::Task<absl::Status> Carry(const TakenMail& mail, smtp::Transaction& transaction);
  net::Task<absl::Status> CarryAs(Account account, const TakenMail& mail,
                                  smtp::Transaction& transaction);
  // The account, when an attempt failed before it began because its owner has to act first.
  const Account* LacksOwner(const TakenMail& mail, const smtp::Transaction& transaction,
                            const absl::Status& outcome) const;
  Settlement Judge(const TakenMail& mail, smtp::Transaction& transaction,
                   const absl::Status& outcome);

  const boost::asio::any_io_executor executor_;
  const AttemptParts parts_;
  net::TaskGroup& tasks_;
  SleepLedger sleeps_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace postern::sender
