#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::crypto {

// Random bytes from the operating system.
std::string RandomBytes(size_t count);
// `bytes` random bytes as lower-case hex: ids that nobody guesses.
std::string RandomId(size_t bytes = 10);
// SHA-256 as lower-case hex.
std::string Sha256Hex(absl::string_view data);
// SHA-1 in base 64, where a protocol fixes it (XEP-0115); it protects nothing.
std::string Sha1Base64(absl::string_view data);

}  // namespace postern::crypto
