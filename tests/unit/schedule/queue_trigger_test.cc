#include "lib/schedule/queue_trigger.h"

#include <gtest/gtest.h>

#include "tests/unit/schedule/wall_times.h"

namespace postern::schedule {
namespace {

struct Step {
  const char* name;
  int seconds;  // after the beginning
  uint32_t waiting;
  bool fires;
};

void Play(absl::string_view entries, absl::Time begin, std::initializer_list<Step> steps) {
  const Schedule schedule = Parsed(entries);
  QueueWatch watch;
  for (const Step& step : steps) {
    SCOPED_TRACE(step.name);
    EXPECT_EQ(watch.Fires(schedule.sections[0], step.waiting, begin + absl::Seconds(step.seconds)),
              step.fires);
  }
}

TEST(QueueWatch, FiresWhenTheQueueHasGrownSoFar) {
  Play("5", At("2026-01-06 12:00:00 +0000"),
       {{"empty", 0, 0, false},
        {"not yet", 1, 4, false},
        {"so many", 2, 5, true},
        {"still", 100, 5, false},
        {"more", 200, 9, false},
        {"shorter: armed anew", 300, 4, false},
        {"so many again", 400, 5, true}});
}

TEST(QueueWatch, FiresOnItsDaysOnly) {
  Play("SU 5", At("2026-01-11 23:50:00 +0000"),
       {{"Sunday", 0, 4, false}, {"so many", 5, 5, true}, {"Monday", 700, 9, false}});
  Play("SU 5", At("2026-01-10 23:59:00 +0000"),
       {{"Saturday", 0, 9, false}, {"Sunday begins with a full queue", 60, 9, true}});
}

TEST(QueueWatch, KeepsRunsAMinuteApartAndForgetsNone) {
  Play("5\n10", At("2026-01-06 12:00:00 +0000"),
       {{"five", 0, 5, true},
        {"ten, too soon", 10, 10, false},
        {"still too soon", 59, 10, false},
        {"now", 60, 10, true},
        {"once", 200, 12, false}});
  Play("5", At("2026-01-06 12:00:00 +0000"),
       {{"five", 0, 5, true},
        {"empty", 10, 0, false},
        {"five, too soon", 20, 5, false},
        {"empty: no need any more", 30, 0, false},
        {"nothing is owed", 90, 0, false}});
}

TEST(QueueWatch, SaysWhenToAskAgain) {
  const Schedule schedule = Parsed("5\n10");
  const absl::Time begin = At("2026-01-06 12:00:00 +0000");
  QueueWatch watch;
  EXPECT_EQ(watch.NextAsk(), absl::InfiniteFuture());
  EXPECT_TRUE(watch.Fires(schedule.sections[0], 5, begin));
  EXPECT_EQ(watch.NextAsk(), absl::InfiniteFuture());
  EXPECT_FALSE(watch.Fires(schedule.sections[0], 10, begin + absl::Seconds(1)));
  EXPECT_EQ(watch.NextAsk(), begin + QueueWatch::kApart);
}

}  // namespace
}  // namespace postern::schedule
