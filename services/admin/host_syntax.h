#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::admin {

// A mail server's name or address in one spelling: a DNS name in lower case
// without its last dot (RFC 1123 section 2.1), or an IP address without
// brackets. Whether Postern may speak to it is decided when it connects.
// kInvalidArgument: the reason alone, with its wording.
absl::StatusOr<std::string> NormalizeHost(absl::string_view host);

}  // namespace postern::admin
