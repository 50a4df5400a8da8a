#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Decodes the encoded words (RFC 2047) of an unstructured header field or a
// phrase, as leniently as people expect: inside words, inside quotes, with
// characters torn between two words, with raw 8-bit text around. The result is
// one clean line (see CleanLine). Linear.
std::string DecodeHeaderText(absl::string_view raw);

}  // namespace postern::mail
