#pragma once

#include <chrono>

#include "absl/status/status.h"

namespace postern::sender {

using std::chrono::milliseconds;

// A mail that can't be sent is given up after this long. RFC 5321 section 4.5.4.1.
inline constexpr std::chrono::hours kQueueLifetime{5 * 24};

// What stopped an attempt.
enum class Cause {
  kNone,     // nothing did: what is left was refused for now, recipient by recipient
  kServer,   // the server is away, or broke off
  kAccount,  // the account's settings must change first: its password, its host, its security
};

Cause CauseOf(const absl::Status& outcome);

// What becomes of the recipients that an attempt left pending.
struct Verdict {
  bool give_up = false;
  milliseconds retry_in{0};
  milliseconds pause_account{0};  // how long the account's other mail waits too
};

// `attempts` and `age` are the mail's, this attempt counted. `chance`, 0 to 1,
// spreads what failed together.
Verdict Judge(Cause cause, int attempts, milliseconds age, double chance);

}  // namespace postern::sender
