#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::crypto {

// SHA-1 in base 64, where a protocol fixes it (XEP-0115); it protects nothing.
std::string Sha1Base64(absl::string_view data);

}  // namespace postern::crypto
