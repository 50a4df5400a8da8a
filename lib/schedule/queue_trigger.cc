#include "lib/schedule/queue_trigger.h"

#include <cstddef>

#include "lib/schedule/wall_clock.h"

namespace postern::schedule {

bool QueueWatch::Fires(const Section& section, uint32_t waiting, absl::Time now) {
  const int day = MinuteOfWeek(MinuteAt(now, section.zone)) / WeekMinutes::kDay;
  met_.resize(section.triggers.size(), false);
  bool any_met = false;
  for (size_t i = 0; i < section.triggers.size(); ++i) {
    const QueueTrigger& trigger = section.triggers[i];
    const bool met = (trigger.days >> day & 1) != 0 && waiting >= trigger.waiting;
    if (met && !met_[i]) owed_ = true;
    met_[i] = met;
    any_met = any_met || met;
  }
  if (!any_met) owed_ = false;
  if (!owed_ || now < last_run_ + kApart) return false;
  owed_ = false;
  last_run_ = now;
  return true;
}

absl::Time QueueWatch::NextAsk() const {
  return owed_ ? last_run_ + kApart : absl::InfiniteFuture();
}

}  // namespace postern::schedule
