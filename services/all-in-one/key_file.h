#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace postern::all_in_one {

// The master key of a data folder: DIR/master.key, made at the first start (mode
// 0600, on disk before it is used: without it the passwords sealed with it are
// lost). kUnavailable names what could not be written. kFailedPrecondition: there are
// accounts but no key: somebody lost it.
absl::StatusOr<std::string> KeyFileIn(const std::string& data_dir);

}  // namespace postern::all_in_one
