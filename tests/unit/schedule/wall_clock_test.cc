#include "lib/schedule/wall_clock.h"

#include <gtest/gtest.h>

#include "tests/unit/schedule/wall_times.h"

namespace postern::schedule {
namespace {

TEST(FindZone, FindsZonesAndReadsNothingElse) {
  for (const char* name : {"", "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires",
                           "Etc/GMT+5", "Asia/Kolkata"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(FindZone(name).ok());
  }
  for (const char* name :
       {"Europe/Atlantis", "berlin", "file:Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin",
        "Europe/../Europe/Berlin", "../../../etc/passwd", "right/Europe/Berlin", "localtime",
        "Europe", "tzdata.zi", " UTC", "Europe/Berlin ", "+01:00", "UTC+1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    SCOPED_TRACE(name);
    const auto zone = FindZone(name);
    EXPECT_EQ(zone.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(zone.status().message(),
              "must be a time zone by its name, like Europe/Berlin or UTC");
  }
  EXPECT_FALSE(FindZone(absl::string_view("UTC\0x", 5)).ok());
}

TEST(WallClock, CountsTheWeekFromMonday) {
  EXPECT_EQ(MinuteOfWeek(absl::CivilMinute(2026, 1, 5)), 0);
  EXPECT_EQ(MinuteOfWeek(absl::CivilMinute(2026, 1, 11, 23, 59)), WeekMinutes::kWeek - 1);
}

// Berlin: forward at 01:00 UTC on 29 March 2026, back at 01:00 UTC on 25 October.
TEST(WallClock, GoesOnWhenClocksAreChanged) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const absl::Time forward = At("2026-03-29 01:00:00 +0000");
  EXPECT_EQ(BeginOf(absl::CivilMinute(2026, 3, 29, 2, 30), berlin), forward) << "there is none";
  EXPECT_EQ(BeginOf(absl::CivilMinute(2026, 3, 29, 3, 0), berlin), forward);
  const absl::CivilMinute last(2026, 10, 25, 2, 59), half(2026, 10, 25, 2, 30);
  EXPECT_EQ(BeginOf(half, berlin), At("2026-10-25 00:30:00 +0000")) << "the first of two";
  EXPECT_EQ(MinuteAt(At("2026-10-25 00:30:59 +0000"), berlin), half);
  EXPECT_EQ(MinuteAt(At("2026-10-25 01:00:00 +0000"), berlin), last) << "all of them were";
  EXPECT_EQ(MinuteAt(At("2026-10-25 01:59:59 +0000"), berlin), last);
  EXPECT_EQ(MinuteAt(At("2026-10-25 02:00:00 +0000"), berlin),
            absl::CivilMinute(2026, 10, 25, 3, 0));
}

}  // namespace
}  // namespace postern::schedule
