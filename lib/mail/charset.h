#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Turns bytes in the charset a mail names into UTF-8. Names are taken as mailers
// misspell them; an unknown, missing or plainly wrong one means: UTF-8 when the
// bytes are that, else windows-1252. What has no meaning becomes U+FFFD. Linear.
std::string ToUtf8(absl::string_view bytes, absl::string_view charset);

}  // namespace postern::mail
