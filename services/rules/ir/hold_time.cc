#include "services/rules/ir/hold_time.h"

#include <algorithm>
#include <string>

#include "lib/schedule/schedule.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxBytes = 100;
constexpr int64_t kNoLater = 7'258'118'400;  // 2200: timers count nanoseconds in 63 bits

}  // namespace

absl::StatusOr<absl::Time> HoldEnd(absl::string_view until, absl::TimeZone zone, absl::Time now) {
  if (until.size() > kMaxBytes) return absl::InvalidArgumentError("it is too long");
  absl::Time time;
  std::string error;
  if (absl::ParseTime("%Y-%m-%dT%H:%M", until, zone, &time, &error)) {
    // "infinite-future" is a time for Abseil, too.
    const bool never = time == absl::InfinitePast() || time == absl::InfiniteFuture();
    if (never) return absl::InvalidArgumentError("it never comes");
    return std::min(time, absl::FromUnixSeconds(kNoLater));
  }
  const auto schedule = schedule::ParseSchedule(until, schedule::Syntax::kExtended, zone);
  if (!schedule.ok()) return schedule.status();
  const auto next = schedule::NextRun(*schedule, schedule::Traffic::kFetch, now);
  if (!next) return absl::InvalidArgumentError("it never comes");
  return *next;
}

}  // namespace postern::rules
