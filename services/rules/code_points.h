#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

// Counting what people see as characters, more or less: for columns and for cutting.
namespace postern::rules {

// How many bytes the code point at the head of `text` takes; 1 for a stray byte, 0 for "".
size_t CodePointLength(absl::string_view text);
size_t CountCodePoints(absl::string_view text);
// At most `max_code_points` of `text`; "…" says that there was more.
std::string Shorten(absl::string_view text, size_t max_code_points);

}  // namespace postern::rules
