#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postern::xmpp_edge {

// What people say for days and units, in English or as they call it: each entry is one word
// or several with "|" between them.
struct TimeWords {
  std::string today, tomorrow, after_tomorrow;
  std::vector<std::string> weekdays;  // Monday first
  std::string in, at;                 // "in 2 hours", "tomorrow at 9:00"
  std::string one, oclock;            // "in an hour", "at 9 o'clock"
  std::string noon, tonight;          // 12:00, 20:00
  std::string minutes, hours, days, weeks;
};
// Those that are understood whatever the language.
const TimeWords& EnglishTimeWords();

// Mail may be sent so much later at the most.
inline constexpr absl::Duration kLatestSending = absl::Hours(24 * 365);

// Reads when a mail is to be sent, as its author wrote it: "18:00" (the next time it is),
// "tomorrow 9:00", "tonight", "monday 8:30", "2026-12-24 18:00", "24.12. 18:00", "in 2 hours".
// Times are "9:00", "9.00", "9h30", "9am", "9 o'clock", "noon"; a day needs one. A day of the week
// is the next of that name, today's when its time is yet to come. Days are those of `zone`: "in 1
// day" is the same time of day tomorrow, whatever clocks do; a time that does not exist there is
// the first after it, of two with one name it is the first. Pure. kInvalidArgument: it is no time;
// kOutOfRange: one that is over, or more than a year ahead.
absl::StatusOr<absl::Time> ReadSendTime(absl::string_view text, absl::Time now, absl::TimeZone zone,
                                        const TimeWords& local);

}  // namespace postern::xmpp_edge
