#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// True for well-formed UTF-8: no overlong forms, no surrogates, nothing past U+10FFFF.
bool IsUtf8(absl::string_view bytes);

// Same bytes when well-formed; else U+FFFD stands where sense was lost.
std::string RepairUtf8(absl::string_view bytes);

// Makes one line that is safe to show: UTF-8 repaired, line breaks and tabs
// become spaces, what XML forbids and what only fools the eye (controls, bidi
// overrides and isolates) is gone, and so is white space at both ends.
std::string CleanLine(absl::string_view utf8);

// Makes a text that is safe to show: UTF-8 repaired, every line end an LF,
// TAB kept, other controls and what XML forbids gone.
std::string CleanText(absl::string_view utf8);

// The longest beginning of at most `max_bytes` that ends with a whole code point.
absl::string_view CutUtf8(absl::string_view utf8, size_t max_bytes);

// Holds a control character (C0, DEL, C1) or a line separator.
bool HasControls(absl::string_view utf8);

// Holds a bidi override, embedding or isolate: "gpj.exe" shown as "exe.jpg".
bool HasBidiControls(absl::string_view utf8);

}  // namespace postern::mail
