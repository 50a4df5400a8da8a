#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "lib/schedule/schedule.h"

namespace postern::schedule {

// The state of one section's queue triggers: a full queue starts one run, not one after
// another. A trigger is armed anew when the queue is shorter than it says, or its day is over.
class QueueWatch {
 public:
  // Runs started by the queue are so far apart at the least.
  static constexpr absl::Duration kApart = absl::Seconds(60);

  // Whether the section is to run now. To be asked when the queue has changed, when a day
  // begins, and again at NextAsk; what came too soon after a run is not forgotten.
  bool Fires(const Section& section, uint32_t waiting, absl::Time now);
  // When a run that came too soon may be made; InfiniteFuture when none is owed.
  absl::Time NextAsk() const;

 private:
  std::vector<bool> met_;  // of each trigger, when last asked
  bool owed_ = false;
  absl::Time last_run_ = absl::InfinitePast();
};

}  // namespace postern::schedule
