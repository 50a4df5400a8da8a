#pragma once

#include <vector>

#include "absl/strings/string_view.h"

namespace postern::mail {

// A step through a styled line: text, or where a style begins or ends.
struct Span {
  enum class Style { kNone, kStrong, kEmphasis, kStrike, kCode };
  Style style = Style::kNone;
  bool opens = false;
  bool in_code = false;  // of text: it is as it is
  absl::string_view text;
};

// Reads *strong*, _emphasis_, ~struck~ and `code` of one line: XEP-0393 section 5.2. Each begins
// at the line's beginning, behind white space or behind the beginning of another one, touches its
// text on both sides, and ends as early as it can. A doubled mark ("**") is text. What opens is
// closed, in order. Linear.
std::vector<Span> ReadSpans(absl::string_view line);

}  // namespace postern::mail
