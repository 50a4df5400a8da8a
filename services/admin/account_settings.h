#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/password_use.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/admin/oauth2/provider.h"
#include "services/admin/relay_rules.h"

// What a user may say of an account. Pure. An account is stored as its wire
// form, so the proto is also the value that is worked on here.
namespace postern::admin {

// True for the types that send: one of a user's is the default.
bool Sends(const v1::Account& account);

// The stored form of a new account's settings: checked, in one spelling,
// defaults filled in, what its type does not use cleared. Id, health, preferences,
// watching, sending, route and password are the caller's: `password` is only looked at.
// kInvalidArgument: "field: reason", the fields named as in the registration form, with a wording.
// Without a password, an account of an OAuth2 provider waits for consent.
absl::StatusOr<v1::Account> NewSettings(const v1::Account& wanted, absl::string_view password,
                                        const RelayRules& relay,
                                        const OAuth2Providers& oauth2 = {});

// What the account's password is for.
crypto::PasswordUse UseOf(const v1::Account& account);

// The same for a change of `before`: owner, name, type, `enabled`, preferences, watching,
// sending and route stay; the sealed password stays until the login goes or it is not to be stored
// any more, and serves no other use (lib/crypto/password_use.h). A refresh token that serves no
// other use is dropped, and so is a password when the account moves to an OAuth2 provider without a
// new one.
absl::StatusOr<v1::Account> UpdatedSettings(const v1::Account& before, const v1::Account& wanted,
                                            absl::string_view password, const RelayRules& relay,
                                            const OAuth2Providers& oauth2 = {});

// kInvalidArgument: "field: reason" when a language is no tag of RFC 5646 by its signs.
absl::Status CheckPreferences(const v1::Preferences& preferences);

// The fields that differ, named as in the registration form; for the audit log.
std::vector<std::string> ChangedFields(const v1::Account& before, const v1::Account& after);

// True when what is known of the account's health says nothing of the new settings.
bool NeedsNewCheck(const v1::Account& before, const v1::Account& after);

}  // namespace postern::admin
