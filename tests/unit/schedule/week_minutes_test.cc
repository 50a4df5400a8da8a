#include "lib/schedule/week_minutes.h"

#include <gtest/gtest.h>

namespace postern::schedule {
namespace {

constexpr int kWeek = WeekMinutes::kWeek;

TEST(Days, AreReadWithRangesOverTheEndOfTheWeek) {
  struct {
    const char* text;
    int days;  // -1: can't be read
  } const cases[] = {
      {"MO", 1},      {"SU", 64},   {"*", 127},       {"MO-FR", 31}, {"FR-MO", 113}, {"SU-SU", 64},
      {"TU-MO", 127}, {"mo-we", 7}, {"", -1},         {"XX", -1},    {"MO-XX", -1},  {"MO-", -1},
      {"-MO", -1},    {"MON", -1},  {"MO-TU-WE", -1}, {"**", -1},    {"1", -1},      {"MO,TU", -1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto days = ReadDays(c.text);
    EXPECT_EQ(days ? int{*days} : -1, c.days);
  }
}

TEST(WeekMinutes, AnEmptyAndAFullWeekHaveNoEnd) {
  WeekMinutes minutes;
  EXPECT_EQ(minutes.UntilNext(0), std::nullopt);
  EXPECT_EQ(minutes.SinceLast(kWeek - 1), std::nullopt);
  EXPECT_EQ(minutes.UntilNext(17, false), 1);
  EXPECT_EQ(minutes.UntilNext(kWeek - 1, false), 1);
  minutes.AddRange(0, kWeek);
  EXPECT_EQ(minutes.Count(), kWeek);
  EXPECT_EQ(minutes.UntilNext(17, false), std::nullopt);
  EXPECT_EQ(minutes.UntilNext(kWeek - 1), 1);
  EXPECT_EQ(minutes.SinceLast(17), 0);
}

// Against the simplest way to find them.
TEST(WeekMinutes, FindsWhatWalkingFinds) {
  const int some[] = {0, 1, 63, 64, 127, 128, 640, 5000, 9983, 9984, 10015, kWeek - 1};
  for (const int first : some) {
    for (const int second : some) {
      WeekMinutes minutes;
      minutes.Add(first);
      minutes.Add(second);
      for (const int from : some) {
        SCOPED_TRACE(testing::Message() << first << " " << second << " from " << from);
        int later = 1, earlier = 0, gap = 1;
        while (!minutes.Has((from + later) % kWeek)) ++later;
        while (!minutes.Has((from - earlier + kWeek) % kWeek)) ++earlier;
        while (minutes.Has((from + gap) % kWeek)) ++gap;
        EXPECT_EQ(minutes.UntilNext(from), later);
        EXPECT_EQ(minutes.SinceLast(from), earlier);
        EXPECT_EQ(minutes.UntilNext(from, false), gap);
      }
    }
  }
}

TEST(WeekMinutes, ARangeMayGoIntoTheNextWeek) {
  WeekMinutes minutes;
  minutes.AddRange(kWeek - 2, kWeek + 3);
  EXPECT_EQ(minutes.Count(), 5);
  EXPECT_TRUE(minutes.Has(2));
  EXPECT_FALSE(minutes.Has(3));
  EXPECT_EQ(minutes.UntilNext(kWeek - 1, false), 4);
}

}  // namespace
}  // namespace postern::schedule
