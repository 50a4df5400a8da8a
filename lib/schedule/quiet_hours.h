#pragma once

#include <cstddef>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/schedule/week_minutes.h"

namespace postern::schedule {

inline constexpr size_t kMaxQuietHoursBytes = 1024;

// From one minute of these days to before another one, in minutes since their midnight; that may
// lie in the next day.
struct DailyHours {
  Days days = kEveryDay;
  int from = 0, to = 0;
};
// One entry as below, "SA-SU 22:00-07:00"; nothing when it can't be read.
std::optional<DailyHours> ReadDailyHours(absl::string_view entry);

// The times of a week at which a user wants to hear of no mail, by the wall clock.
class QuietHours {
 public:
  // "22:00-07:00" (of every day, to the next one), "SA-SU 00:00-24:00" (the days on which
  // they begin), several joined by commas; "" for none. kInvalidArgument with a wording: an
  // entry can't be read, or they leave no minute of the week.
  static absl::StatusOr<QuietHours> Parse(absl::string_view text, absl::TimeZone zone);

  // Their end, when `now` is in them: where they meet others, the end of those.
  std::optional<absl::Time> Until(absl::Time now) const;

 private:
  WeekMinutes quiet_;
  absl::TimeZone zone_;
};

}  // namespace postern::schedule
