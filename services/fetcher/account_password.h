#pragma once

#include "absl/status/statusor.h"
#include "lib/crypto/password_keeper.h"
#include "lib/crypto/password_use.h"
#include "lib/crypto/secret_box.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// What the account's password is for.
inline crypto::PasswordUse UseOf(const Account& account) {
  return {account.host, account.login, account.security != Security::kNone};
}

// The account's password: the stored one, else the one that is held in memory.
// kFailedPrecondition with a wording: there is none, or it can't be read.
absl::StatusOr<crypto::Secret> PasswordOf(const Account& account, const crypto::SecretBox& secrets,
                                          crypto::PasswordKeeper& held);

}  // namespace postern::fetcher
