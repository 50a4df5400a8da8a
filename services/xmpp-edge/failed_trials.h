#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "services/xmpp-edge/account_directory.h"

namespace postern::xmpp_edge {

// Logins that users had us try and that did not work, so that nobody guesses passwords
// through us: after ten within five minutes a user has none tried. What registration
// forms say and passwords given by hand count together. At most 100,000 are kept of all
// users; in memory alone.
class FailedTrials {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMost = 10;
  static constexpr std::chrono::minutes kWithin{5};

  // Listens to the directory. `now` is for tests.
  explicit FailedTrials(AccountDirectory& directory,
                        std::function<Clock::time_point()> now = &Clock::now);

  // True when `user` is to wait.
  bool IsOver(const std::string& user);
  void Count(const std::string& user);
  // A password given by hand counts until its account works: nobody else tells in time.
  void CountUntilItWorks(const admin::v1::Account& account);
  // It was not tried after all.
  void TakeBack(const std::string& account_id);

 private:
  struct Failure {
    Clock::time_point at;
    std::string user;  // "": taken back
  };
  void DropOld();
  void Leave(const std::string& user);

  std::function<Clock::time_point()> now_;
  std::deque<Failure> failures_;  // oldest first
  uint64_t dropped_ = 0;          // number of the first of them
  absl::flat_hash_map<std::string, size_t> failures_of_;
  // By account id: the number of what counts until the account works.
  absl::flat_hash_map<std::string, uint64_t> awaited_;
};

}  // namespace postern::xmpp_edge
