#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"

namespace postern::runner {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

// By name or number. kNotFound.
absl::StatusOr<User> FindUser(const std::string& name);

}  // namespace postern::runner
