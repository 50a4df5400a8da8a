#pragma once

#include <cstddef>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/schedule/week_minutes.h"

namespace postern::schedule {

inline constexpr size_t kMaxQuietHoursBytes = 1024;

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
