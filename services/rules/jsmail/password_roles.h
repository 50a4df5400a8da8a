#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::rules::jsmail {

// What a user of JSMail's password file may do: JSMail's manual of the files. Its manual of
// commands, and hence old installations, have the letters f and r the other way round.
enum class Role { kUser, kOperator, kRedirector };

struct PasswordUser {
  std::string name;
  Role role = Role::kUser;
};

// The users of a password file that sender::AliasTable has taken; of others, those that can be
// made out. `swap_fr`: f redirects, r is the operator. No password is kept.
std::vector<PasswordUser> UsersOf(absl::string_view text, bool swap_fr);

// The same file with "-" in place of each password, and without comments, which may hold some,
// too: for the sender's --aliases-file.
std::string WithoutPasswords(absl::string_view text);

// A scheduler file without its user:, password: and domain: lines, and without comments: for the
// sender's --routes-file.
std::string ScheduleWithoutLogins(absl::string_view text);

}  // namespace postern::rules::jsmail
