#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/admin/account_store.h"
#include "services/admin/oauth2/provider.h"
#include "services/admin/relay_rules.h"

// What a wish of a user or an operator does to the accounts of one user. Pure:
// given what is there, it says what is to be written.
namespace postern::admin {

inline const OAuth2Providers kNoProviders;

struct PutWish {
  const v1::Account& wanted;  // id empty: a new one
  const crypto::Secret& password;
  absl::string_view copy_password_from;  // an account of the owner; looked at without a password
  const RelayRules& relay;
  size_t most_accounts;
  int64_t now_unix;
  const OAuth2Providers& oauth2 = kNoProviders;
};

// The edit that creates or changes an account; edit.put[0] is the account. One
// SMTP account of a user is the default, always: the first, or the last that
// asked to be. kInvalidArgument, kAlreadyExists and kResourceExhausted, with wordings, and
// kNotFound when the account is not one of this owner.
absl::StatusOr<OwnerEdit> PlanPut(const OwnerAccounts& owner, const PutWish& wish,
                                  const crypto::SecretBox& box);

// kNotFound when there is no such account. Another SMTP account becomes the
// default one when that one goes.
absl::StatusOr<OwnerEdit> PlanRemove(const OwnerAccounts& owner, absl::string_view id);
OwnerEdit PlanRemoveUser(const OwnerAccounts& owner);

// An edit without writes when it is so already.
absl::StatusOr<OwnerEdit> PlanSetEnabled(const OwnerAccounts& owner, absl::string_view id,
                                         bool enabled, int64_t now_unix);

// Replaces what the user prefers, in all of their accounts; an edit without writes when
// it is so already. kNotFound: the user has no account.
absl::StatusOr<OwnerEdit> PlanSetPreferences(const OwnerAccounts& owner,
                                             const v1::Preferences& preferences);

}  // namespace postern::admin
