#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postern::crypto {

// What a password is for: to sign in as `login` at `host`.
struct PasswordUse {
  absl::string_view host, login;
  bool encrypted = true;  // by TLS from the start or by STARTTLS
};

// Whether a password that is known for `given` may serve `wanted` too, though nobody has
// typed it again. Without this, whoever sits at a user's chat for a minute has it sent to
// a server of their own. Ports and mailboxes are free, and one kind of TLS is like the other.
// kInvalidArgument: "password: reason", with the reason's wording.
absl::Status CheckPasswordUse(const PasswordUse& given, const PasswordUse& wanted);

}  // namespace postern::crypto
