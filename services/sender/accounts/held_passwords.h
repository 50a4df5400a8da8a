#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/password_keeper.h"
#include "lib/crypto/secret_box.h"
#include "services/sender/accounts/account_directory.h"

namespace postern::sender {

// The passwords of accounts that store none: in memory alone, while their owners
// are there (lib/crypto/password_keeper.h).
class HeldPasswords {
 public:
  using Clock = crypto::PasswordKeeper::Clock;

  // `now` is for tests.
  explicit HeldPasswords(std::function<Clock::time_point()> now = &Clock::now)
      : keeper_(std::move(now)) {}

  // True when nothing can be sent before the owner gives the password.
  bool NeededBy(const Account& account);
  // True when the account signs in with a held password, and it is there.
  bool Holds(const Account& account);
  // Empty when none is held.
  crypto::Secret Find(absl::string_view account_id) { return keeper_.Find(account_id); }

  void Hold(const Account& account, crypto::Secret password);
  // The server does not take it: it is forgotten, unless another one came meanwhile.
  void Refused(const std::string& account_id, const crypto::Secret& password);
  void Forget(const std::string& account_id);

  // Both answer the accounts whose passwords are gone since the last call.
  std::vector<std::string> Retain(const absl::flat_hash_set<std::string>& users);
  std::vector<std::string> WipeUntrusted();

 private:
  std::vector<std::string> Gone();

  crypto::PasswordKeeper keeper_;
  absl::flat_hash_set<std::string> held_;  // account ids, until Gone() told of them
};

}  // namespace postern::sender
