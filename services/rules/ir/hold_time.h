#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postern::rules {

// When "07:00", "MO 08:00" or "2026-12-24T08:00" is next after `now`, by the clock of `zone`. A day
// of the calendar may lie in the past. kInvalidArgument: it is no time, or never comes.
absl::StatusOr<absl::Time> HoldEnd(absl::string_view until, absl::TimeZone zone, absl::Time now);

}  // namespace postern::rules
