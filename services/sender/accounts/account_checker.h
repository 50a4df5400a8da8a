#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/health_reporter.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/delivery/slots.h"

namespace postern::sender {

// Signs in once with every new or changed account, without sending anything, so
// that its owner sees at once whether the settings work. What does not work is
// tried again until it does, or the settings change; an account that lacks its
// password, or its owner's consent, asks for it, and is checked again when that came.
class AccountChecker {
 public:
  AccountChecker(boost::asio::any_io_executor executor, const AccountDirectory& accounts,
                 Relay& relay, HeldPasswords& passwords, HealthReporter& health);

  // Another check of the account that is under way ends.
  void Check(const std::string& account_id);
  net::Task<void> Stop() { return checks_.Stop(); }

 private:
  net::Task<void> CheckUntilHealthy(std::string account_id, uint64_t check);
  // The account, as long as this check is the latest one of it.
  std::optional<Account> Current(const std::string& account_id, uint64_t check) const;
  net::Task<absl::Status> SignIn(Account account);

  const AccountDirectory& accounts_;
  Relay& relay_;
  HeldPasswords& passwords_;
  HealthReporter& health_;
  Slots slots_;
  uint64_t checks_begun_ = 0;
  absl::flat_hash_map<std::string, uint64_t> latest_;  // checks under way, by account
  std::minstd_rand random_{std::random_device{}()};
  net::TaskGroup checks_;  // last: its coroutines use all of the above
};

}  // namespace postern::sender
