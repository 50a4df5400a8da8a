#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace postern::posternctl {

// Text from users, mails and servers, made harmless for a terminal (invariant 8):
// controls, bidi overrides, invisible characters and stray bytes are shown as
// \n, \x1b, \u{202e}. One line in, one line out.
std::string EscapeForTerminal(absl::string_view text);

// How many columns escaped text takes: 2 for CJK and emoji, 0 for combining marks.
size_t DisplayWidth(absl::string_view text);

}  // namespace postern::posternctl
