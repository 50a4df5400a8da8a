#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// How a week of wall-clock minutes lies on real time. Where clocks are put forward, a minute
// that does not exist begins with the first one after it; where they are put back, only the
// first of the two minutes of a name counts.
namespace postern::schedule {

// A zone of the IANA data base of this machine, "Europe/Berlin"; UTC for "".
// kInvalidArgument, with a wording. Reads nothing but zones, whatever the name.
absl::StatusOr<absl::TimeZone> FindZone(absl::string_view name);

// The last minute that has begun by `now`. While an hour is repeated, that is its last one.
absl::CivilMinute MinuteAt(absl::Time now, absl::TimeZone zone);
// When a minute begins: for minutes in order never a step back.
absl::Time BeginOf(absl::CivilMinute minute, absl::TimeZone zone);

// Monday 00:00 is 0.
int MinuteOfWeek(absl::CivilMinute minute);

}  // namespace postern::schedule
