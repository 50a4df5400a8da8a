#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::rules::managesieve {

// A script's name as it is stored: Net-Unicode (RFC 5198 section 2) in its composed form, so that
// two programs which write "é" in two ways mean one script; no controls (RFC 5804 section 1.6), and
// nothing that shows a name as another one. kInvalidArgument: none such, or over 512 bytes.
absl::StatusOr<std::string> ReadScriptName(absl::string_view text);

}  // namespace postern::rules::managesieve
