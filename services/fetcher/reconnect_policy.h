#pragma once

#include <chrono>

#include "absl/random/random.h"
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
  static constexpr std::chrono::seconds kLeaseSpread{10};

  // After an attempt that never got as far as a mailbox.
  Duration AfterFailure(const absl::Status& failure);
  // After a mailbox was open for `lived`.
  Duration AfterSession(Duration lived);
  // After a mailbox was looked through that is looked into every `interval`.
  Duration AfterLook(Duration interval);
  // After the lease was lost, with a mailbox open for `lived`: when Redis was
  // away, all leases are lost as one, and no server wants all the logins at once.
  Duration AfterLostLease(Duration lived);

 private:
  Duration Jittered(Duration delay);
  Duration NextStep();

  absl::BitGen random_;
  int failures_ = 0;
};

}  // namespace postern::fetcher
