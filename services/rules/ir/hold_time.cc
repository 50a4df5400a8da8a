#include "services/rules/ir/hold_time.h"

#include <string>

#include "lib/schedule/schedule.h"

namespace postern::rules {

absl::StatusOr<absl::Time> HoldEnd(absl::string_view until, absl::TimeZone zone, absl::Time now) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime("%Y-%m-%dT%H:%M", until, zone, &time, &error)) return time;
  const auto schedule = schedule::ParseSchedule(until, schedule::Syntax::kExtended, zone);
  if (!schedule.ok()) return schedule.status();
  const auto next = schedule::NextRun(*schedule, schedule::Traffic::kFetch, now);
  if (!next) return absl::InvalidArgumentError("it never comes");
  return *next;
}

}  // namespace postern::rules
