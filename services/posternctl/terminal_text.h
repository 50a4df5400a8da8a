#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::posternctl {

// Text from users, mails and servers, made harmless for a terminal (invariant 8):
// controls, bidi overrides, invisible characters and stray bytes are shown as
// \n, \x1b, \u{202e}. One line in, one line out.
std::string EscapeForTerminal(absl::string_view text);

// How many columns escaped text takes: 2 for CJK and emoji, 0 for combining marks.
size_t DisplayWidth(absl::string_view text);

// Escaped text in lines of at most `width` columns, broken at blanks where there are any; 0: in
// one.
std::vector<std::string> WrapText(absl::string_view text, size_t width);

// The columns of the terminal that standard output is, or what COLUMNS says; 0: it is none, so
// that lines may be as long as they like.
size_t TerminalWidth();

}  // namespace postern::posternctl
