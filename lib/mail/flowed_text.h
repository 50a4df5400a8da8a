#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// Joins the lines that format=flowed broke (RFC 3676 section 4). `del_sp`: the
// space that marks the break was not in the text. LF line ends.
std::string UnwrapFlowed(absl::string_view text, bool del_sp);

}  // namespace postern::mail
