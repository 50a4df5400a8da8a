#pragma once

#include "absl/status/statusor.h"
#include "lib/crypto/password_keeper.h"
#include "lib/crypto/password_use.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "lib/oauth2/access_tokens.h"
#include "lib/sasl/credentials.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// What the account's password is for.
inline crypto::PasswordUse UseOf(const Account& account) {
  return {account.host, account.login, account.security != Security::kNone};
}

// An account whose provider gives access tokens in place of a password. What is sealed is the
// provider's, and admin's to open; without it consent is missing.
inline bool UsesTokens(const Account& account) { return !account.oauth2_provider.empty(); }

// The account's password: the stored one, else the one that is held in memory.
// kFailedPrecondition with a wording: there is none, or it can't be read.
absl::StatusOr<crypto::Secret> PasswordOf(const Account& account, const crypto::SecretBox& secrets,
                                          crypto::PasswordKeeper& held);

// By what the account logs in with this password.
sasl::Credentials WithPassword(const Account& account, crypto::Secret password);

// By what the account logs in: its password, or an access token. Errors as PasswordOf and
// AccessTokens::Of; without `tokens` there are none to be had.
net::Task<absl::StatusOr<sasl::Credentials>> CredentialsOf(const Account& account,
                                                           const crypto::SecretBox& secrets,
                                                           crypto::PasswordKeeper& held,
                                                           oauth2::AccessTokens* tokens);

// What a login by `credentials` came to. True: it was refused, and another access token is
// worth a try at once.
bool NoteLogin(const Account& account, const sasl::Credentials& credentials,
               const absl::Status& outcome, oauth2::AccessTokens* tokens);

}  // namespace postern::fetcher
