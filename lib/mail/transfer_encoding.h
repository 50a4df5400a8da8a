#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

struct DecodedBody {
  std::string bytes;       // at most what was asked for
  uint64_t full_size = 0;  // of the whole decoded body
};

// Undoes a Content-Transfer-Encoding (RFC 2045 section 6), skipping what does
// not belong into it. An unknown encoding is taken as none. Keeps `max_bytes`
// and only counts the rest.
DecodedBody DecodeTransferEncoding(absl::string_view body, absl::string_view encoding,
                                   size_t max_bytes);

}  // namespace postern::mail
