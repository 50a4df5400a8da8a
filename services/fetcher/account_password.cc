#include "services/fetcher/account_password.h"

#include <utility>

#include "lib/process/log.h"
#include "lib/words/wording.h"

namespace postern::fetcher {

absl::StatusOr<crypto::Secret> PasswordOf(const Account& account, const crypto::SecretBox& secrets,
                                          crypto::PasswordKeeper& held) {
  if (account.sealed_password.empty()) {
    crypto::Secret password = held.Find(account.id);
    if (!password.empty()) return password;
    return words::Error(absl::StatusCode::kFailedPrecondition,
                        words::Word("the password of this account is not known; enter it first"));
  }
  auto password = secrets.Open(account.sealed_password, account.id);
  if (password.ok()) return password;
  log::Error("password can't be opened",
             {{"account", account.id},
              {"error", password.status().ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("the stored password can't be read; enter it again"));
}

}  // namespace postern::fetcher
