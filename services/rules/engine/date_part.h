#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// What RFC 5260 section 4 asks of dates.
namespace postern::rules {

struct FieldDate {
  absl::Time time;
  absl::TimeZone zone;  // that it was written in
};
// The date of a field's value: what is behind its last semicolon (Received), else all of it.
std::optional<FieldDate> ReadFieldDate(absl::string_view value);

// "+0100". Nothing when it isn't of that form.
std::optional<absl::TimeZone> ReadOffset(absl::string_view offset);

// "year", "weekday" …, in lower case; nothing for a name that there isn't.
std::optional<std::string> DatePart(absl::string_view name, absl::Time time, absl::TimeZone zone);

}  // namespace postern::rules
