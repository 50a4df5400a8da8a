#include "lib/schedule/schedule.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/schedule/wall_clock.h"

namespace postern::schedule {
namespace {

bool Serves(const Section& section, Traffic traffic) {
  return section.traffic == Traffic::kBoth || section.traffic == traffic;
}

}  // namespace

std::string ToString(const Warning& warning) {
  return absl::StrCat(warning.line, ":", warning.column, ": ", warning.text);
}

std::optional<absl::Time> NextRun(const Schedule& schedule, Traffic traffic, absl::Time after) {
  std::optional<absl::Time> next;
  for (const Section& section : schedule.sections) {
    if (!Serves(section, traffic)) continue;
    const absl::CivilMinute minute = MinuteAt(after, section.zone);
    const auto wait = section.times.UntilNext(MinuteOfWeek(minute));
    if (!wait) continue;
    const absl::Time run = BeginOf(minute + *wait, section.zone);
    next = next ? std::min(*next, run) : run;
  }
  return next;
}

std::optional<absl::Time> LastRun(const Schedule& schedule, Traffic traffic, absl::Time now) {
  std::optional<absl::Time> last;
  for (const Section& section : schedule.sections) {
    if (!Serves(section, traffic)) continue;
    const absl::CivilMinute minute = MinuteAt(now, section.zone);
    const auto ago = section.times.SinceLast(MinuteOfWeek(minute));
    if (!ago) continue;
    const absl::Time run = BeginOf(minute - *ago, section.zone);
    last = last ? std::max(*last, run) : run;
  }
  return last;
}

std::optional<absl::Time> RunOwed(const Schedule& schedule, Traffic traffic, absl::Time now) {
  const auto last = LastRun(schedule, traffic, now);
  if (!last || now - *last >= kCatchUp) return std::nullopt;
  return last;
}

bool TakesAnyConnection(const Schedule& schedule, Traffic traffic) {
  return std::any_of(schedule.sections.begin(), schedule.sections.end(),
                     [traffic](const Section& section) {
                       return section.any_connection && Serves(section, traffic);
                     });
}

}  // namespace postern::schedule
