#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Joins the lines that format=flowed broke (RFC 3676 section 4). `del_sp`: the
// space that marks the break was not in the text. LF line ends.
std::string UnwrapFlowed(absl::string_view text, bool del_sp);

// Writes a text for format=flowed; DelSp=no (RFC 3676 section 4.2): long lines broken behind
// a space at 76 characters, lines that begin with '>' as quotes of their depth, space-stuffed
// where it has to be, "-- " kept. White space at other line ends is gone: it would flow. LF
// line ends, and one at the end of all that is not empty.
std::string WrapFlowed(absl::string_view text);

}  // namespace postern::mail
