#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postern::posternctl {

// Writes a file that only its owner reads, whole or not at all (a new one beside it takes its
// name). What is there already is only replaced when `replace` says so. Errors name the path.
absl::Status WriteNewFile(const std::string& path, absl::string_view bytes, bool replace);

}  // namespace postern::posternctl
