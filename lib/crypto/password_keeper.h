#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"

namespace postern::crypto {

// Passwords that their users don't want stored: in memory alone, each for as long as
// the caller hears that its user is still there. Wiped when they go.
class PasswordKeeper {
 public:
  using Clock = std::chrono::steady_clock;
  // Without a word from the one who knows who is there, everything is wiped.
  static constexpr std::chrono::minutes kTrust{5};

  // `now` is for tests.
  explicit PasswordKeeper(std::function<Clock::time_point()> now = &Clock::now);

  void Hold(const std::string& account_id, const std::string& owner, Secret password);
  // Empty when none is held.
  Secret Find(absl::string_view account_id);
  bool Holds(absl::string_view account_id);
  void Forget(absl::string_view account_id);
  // Wipes what belongs to anybody else; `users` are bare JIDs.
  void Retain(const absl::flat_hash_set<std::string>& users);
  // To be called now and then: nothing else may happen for long.
  void WipeUntrusted();

 private:
  struct Held {
    std::string owner;
    Secret password;
  };

  std::function<Clock::time_point()> now_;
  Clock::time_point heard_;
  absl::flat_hash_map<std::string, Held> by_account_;
};

}  // namespace postern::crypto
