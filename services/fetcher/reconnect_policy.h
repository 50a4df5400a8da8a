#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "absl/status/status.h"

namespace postern::fetcher {

// How long to wait before the next connection to a mail server. Jittered, so
// that the accounts of one server that went away don't come back as one.
class ReconnectPolicy {
 public:
  using Duration = std::chrono::milliseconds;

  // A connection that lived this long proves that the server is well.
  static constexpr std::chrono::minutes kProof{5};
  // Some servers take the login, then hang up: no more logins than this.
  static constexpr std::chrono::seconds kBetweenLogins{30};
  static constexpr std::chrono::minutes kAfterBadPassword{15};
  // Where its user gives the next one: they type no faster, guessing programs do.
  static constexpr std::chrono::seconds kBetweenPasswords{2};
  static constexpr std::chrono::minutes kLongest{5};
  // However often its user comes and goes, no two logins to look come closer than this,
  static constexpr std::chrono::seconds kBetweenLooks{2};
  // and so many at most within as many times kBetweenLogins.
  static constexpr size_t kLooksInARow = 3;

  // After an attempt that never got as far as a mailbox.
  Duration AfterFailure(const absl::Status& failure);
  // After a mailbox was open for `lived`.
  Duration AfterSession(Duration lived);
  // After a mailbox was looked through that is looked into every `interval`.
  Duration AfterLook(Duration interval);
  // A login only to look is made now.
  void NoteLook(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());
  // When the next may be: `least` after the last, at the soonest, and as the first of more
  // than `in_a_row` (kLooksInARow at most) only when enough time has passed. The beginning of time:
  // at once.
  std::chrono::steady_clock::time_point EarliestLook(std::chrono::seconds least,
                                                     size_t in_a_row) const;

 private:
  Duration NextStep();

  // The last few, the newest first; the beginning of time stands for none.
  std::array<std::chrono::steady_clock::time_point, kLooksInARow> looks_{};
  int failures_ = 0;
};

}  // namespace postern::fetcher
