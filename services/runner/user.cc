#include "services/runner/user.h"

#include <pwd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace postern::runner {

absl::StatusOr<User> FindUser(const std::string& name) {
  // At the start, when there is one thread.
  const passwd* found = ::getpwnam(name.c_str());
  if (found != nullptr) return User{found->pw_uid, found->pw_gid};
  uint32_t number = 0;
  if (absl::SimpleAtoi(name, &number)) return User{number, number};
  return absl::NotFoundError(absl::StrCat("there is no user ", name));
}

}  // namespace postern::runner
