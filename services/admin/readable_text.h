#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::admin {

// C0, DEL or C1, in UTF-8.
bool HasControlCharacter(absl::string_view text);

// Text from elsewhere as one line for a person: control characters become
// blanks, and what is beyond `max_bytes` is cut off between two characters.
std::string OneLine(absl::string_view text, size_t max_bytes);

}  // namespace postern::admin
