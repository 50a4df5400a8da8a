#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/schedule/quiet_hours.h"
#include "services/rules/personal/syntax_parts.h"

namespace postern::rules::personal {

// "22:00-07:00", "MO-FR 08:00-18:00, SA 10:00-12:00"; nothing when one can't be read.
std::optional<std::vector<schedule::DailyHours>> ReadHours(absl::string_view text);

// True at these hours, by the owner's clock when the mail is judged (RFC 5260).
sieve::TestNode TimeTest(const std::vector<schedule::DailyHours>& hours, Extensions& needed);

}  // namespace postern::rules::personal
