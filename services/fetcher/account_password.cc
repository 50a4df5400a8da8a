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

sasl::Credentials WithPassword(const Account& account, crypto::Secret password) {
  sasl::Credentials credentials;
  credentials.login = account.login;
  credentials.secret = std::move(password);
  credentials.host = account.host;
  credentials.port = account.port;
  return credentials;
}

net::Task<absl::StatusOr<sasl::Credentials>> CredentialsOf(const Account& account,
                                                           const crypto::SecretBox& secrets,
                                                           crypto::PasswordKeeper& held,
                                                           oauth2::AccessTokens* tokens) {
  if (!UsesTokens(account) || tokens == nullptr) {
    auto password = PasswordOf(account, secrets, held);
    if (!password.ok()) co_return password.status();
    co_return WithPassword(account, *std::move(password));
  }
  auto token = co_await tokens->Of(account.id);
  if (!token.ok()) co_return token.status();
  sasl::Credentials credentials = WithPassword(account, *std::move(token));
  credentials.kind = sasl::Credentials::Kind::kAccessToken;
  co_return credentials;
}

bool NoteLogin(const Account& account, const sasl::Credentials& credentials,
               const absl::Status& outcome, oauth2::AccessTokens* tokens) {
  if (credentials.kind != sasl::Credentials::Kind::kAccessToken || tokens == nullptr) return false;
  if (absl::IsUnauthenticated(outcome)) return tokens->Refused(account.id, credentials.secret);
  if (outcome.ok()) tokens->Accepted(account.id);
  return false;
}

}  // namespace postern::fetcher
