#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

inline constexpr size_t kMaxReportedAddress = 512;

// "rfc822;bob@example.net", "utf-8; b\x{F6}b@example.net" (RFC 6533 section 3): the address without
// its type, on one line; empty when there is none, or when it is of a type that is no mail address.
std::string ReportedAddress(absl::string_view field_body);

// "+2B" is "+" (RFC 3461 section 4). Servers disagree on who undoes it: what does not read as
// xtext from end to end, or holds more than printable ASCII, stays as it is.
std::string UndoXtext(absl::string_view text);

}  // namespace postern::mail
