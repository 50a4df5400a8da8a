#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <random>
#include <string>

#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/sender/account_directory.h"
#include "services/sender/health_reporter.h"
#include "services/sender/relay.h"

namespace postern::sender {

// Signs in once with every new or changed account, without sending anything, so
// that its owner sees at once whether the settings work. What does not work is
// tried again until it does, or the settings change.
class AccountChecker {
 public:
  AccountChecker(boost::asio::any_io_executor executor, const AccountDirectory& accounts,
                 Relay& relay, HealthReporter& health)
      : accounts_(accounts),
        relay_(relay),
        health_(health),
        slot_free_(executor),
        checks_(executor) {}

  void Check(const std::string& account_id);
  net::Task<void> Stop() { return checks_.Stop(); }

 private:
  class Slot;
  net::Task<void> CheckUntilHealthy(std::string account_id, uint64_t settings_revision);
  net::Task<absl::Status> SignIn(Account account);
  net::Task<absl::Status> SignInAndOut(Account account);

  const AccountDirectory& accounts_;
  Relay& relay_;
  HealthReporter& health_;
  net::Event slot_free_;
  size_t running_ = 0;
  std::minstd_rand random_{std::random_device{}()};
  net::TaskGroup checks_;  // last: its coroutines use all of the above
};

}  // namespace postern::sender
