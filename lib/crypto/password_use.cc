#include "lib/crypto/password_use.h"

#include "absl/strings/match.h"
#include "lib/words/wording.h"

namespace postern::crypto {
namespace {

absl::Status EnterAgain(const words::Wording& reason) {
  return words::Error(absl::StatusCode::kInvalidArgument, reason, "password");
}

}  // namespace

absl::Status CheckPasswordUse(const PasswordUse& given, const PasswordUse& wanted) {
  if (!absl::EqualsIgnoreCase(given.host, wanted.host)) {
    return EnterAgain(
        words::Word("must be entered again, because the server changes: a stored "
                    "password goes to no other server"));
  }
  if (given.login != wanted.login) {
    return EnterAgain(words::Word("must be entered again, because the login changes"));
  }
  if (given.encrypted && !wanted.encrypted) {
    return EnterAgain(
        words::Word("must be entered again, because the connection would not be "
                    "encrypted any more"));
  }
  return absl::OkStatus();
}

}  // namespace postern::crypto
