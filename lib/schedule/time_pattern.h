#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "lib/schedule/week_minutes.h"

namespace postern::schedule {

// Hours or minutes: bit n for the number n.
using Numbers = uint64_t;

// The numbers below `end` that a field names: "*", "7", "07", "*5", "1*", "**". Nothing when
// it can't be read or names none.
std::optional<Numbers> ReadPattern(absl::string_view field, int end);
// The same for hours, or a range of them: "08-18", "22-06" (over midnight).
std::optional<Numbers> ReadHours(absl::string_view field);

// Adds these minutes of these hours of these days.
void AddTo(WeekMinutes& times, Days days, Numbers hours, Numbers minutes);

}  // namespace postern::schedule
