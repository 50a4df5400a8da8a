#pragma once

#include <chrono>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// When the mailboxes of POP3 servers that want time between two logins (LOGIN-DELAY, RFC
// 2449 section 6.5) take the next one. A trial, a visit and a watcher come one after the
// other, and know nothing of each other.
class LoginDelays {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMost = 10'000;  // mailboxes; past that, delays are forgotten

  // A login has just been made.
  void Note(const Account& account, std::chrono::seconds delay, Clock::time_point now);
  // How long to wait before the next; zero: not at all.
  std::chrono::milliseconds Left(const Account& account, Clock::time_point now) const;

 private:
  absl::flat_hash_map<std::string, Clock::time_point> next_;  // by Pop3MailboxIdentity
};

}  // namespace postern::fetcher
