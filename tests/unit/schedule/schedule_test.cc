#include "lib/schedule/schedule.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/schedule/wall_times.h"

namespace postern::schedule {
namespace {

// Each run from Monday 2026-01-05 to the end of Sunday.
std::vector<absl::Time> RunsOfAWeek(const Schedule& schedule, Traffic traffic) {
  std::vector<absl::Time> runs;
  const absl::Time end = At("2026-01-12 00:00:00 +0000");
  absl::Time at = At("2026-01-04 23:59:59 +0000");
  for (auto run = NextRun(schedule, traffic, at); run && *run < end;
       run = NextRun(schedule, traffic, at)) {
    at = *run;
    runs.push_back(at);
  }
  return runs;
}

TEST(Schedule, RunsAsOftenAsItSays) {
  struct {
    const char* entry;
    size_t runs;
    const char *first, *last;
  } const cases[] = {
      {"FR 12:*5", 6, "Fri 12:05", "Fri 12:55"},   {"* 12:00", 7, "Mon 12:00", "Sun 12:00"},
      {"SA 13:00", 1, "Sat 13:00", "Sat 13:00"},   {"MO-FR *:00", 120, "Mon 00:00", "Fri 23:00"},
      {"* *:00", 168, "Mon 00:00", "Sun 23:00"},   {"FR-MO 09:00", 4, "Mon 09:00", "Sun 09:00"},
      {"* 1*:30", 70, "Mon 10:30", "Sun 19:30"},   {"* *2:00", 21, "Mon 02:00", "Sun 22:00"},
      {"* **:*0", 1008, "Mon 00:00", "Sun 23:50"}, {"SU 2*:59", 4, "Sun 20:59", "Sun 23:59"},
      {"* 12:*", 420, "Mon 12:00", "Sun 12:59"},   {"MO 9:00", 1, "Mon 09:00", "Mon 09:00"},
      {"MO 09:5", 1, "Mon 09:05", "Mon 09:05"},    {"12:00", 7, "Mon 12:00", "Sun 12:00"},
      {"* *:*", 10080, "Mon 00:00", "Sun 23:59"},
  };
  for (const auto& c : cases) {
    for (const Syntax syntax : {Syntax::kStrict, Syntax::kExtended}) {
      SCOPED_TRACE(c.entry);
      const Schedule schedule =
          Parsed(absl::StrCat("[LAN]\n", c.entry), absl::UTCTimeZone(), syntax);
      const auto runs = RunsOfAWeek(schedule, Traffic::kFetch);
      ASSERT_EQ(runs.size(), c.runs);
      EXPECT_EQ(absl::FormatTime("%a %H:%M", runs.front(), absl::UTCTimeZone()), c.first);
      EXPECT_EQ(absl::FormatTime("%a %H:%M", runs.back(), absl::UTCTimeZone()), c.last);
      EXPECT_EQ(RunsOfAWeek(schedule, Traffic::kSend), runs) << "BOTH is the default";
    }
  }
}

TEST(Schedule, RunsInRangesOfHours) {
  EXPECT_EQ(RunsOfAWeek(Parsed("MO-FR 08-18:30"), Traffic::kFetch).size(), 55u);
  EXPECT_EQ(RunsOfAWeek(Parsed("* 22-1:*0"), Traffic::kFetch).size(), 7u * 4 * 6);
  EXPECT_EQ(RunsOfAWeek(Parsed("* 7-7:00"), Traffic::kFetch).size(), 7u);
}

TEST(Schedule, TheManualsExampleOnlySends) {
  const Schedule schedule = Parsed(
      "[MYISP]\nuser: fred\npassword: scooby\ndomain: WORKGROUP\ntype: SMTP\n"
      "* 12:00\nSA 13:00\nSU 5\n",
      absl::UTCTimeZone(), Syntax::kStrict);
  EXPECT_EQ(RunsOfAWeek(schedule, Traffic::kSend).size(), 8u);
  EXPECT_TRUE(RunsOfAWeek(schedule, Traffic::kFetch).empty());
  const absl::Time friday = At("2026-01-09 12:00:00 +0000");
  EXPECT_EQ(NextRun(schedule, Traffic::kSend, friday), At("2026-01-10 12:00:00 +0000"));
  EXPECT_EQ(NextRun(schedule, Traffic::kSend, At("2026-01-10 12:00:00 +0000")),
            At("2026-01-10 13:00:00 +0000"));
  EXPECT_TRUE(schedule.warnings.empty());
}

TEST(Schedule, SectionsRunSideBySide) {
  const Schedule schedule = Parsed(
      "[LAN]\ntype: POP3\n* *:00\n\n# at night\n[#Backup]\r\nSU 03:17\r\n[Out]\ntype: SMTP\n* "
      "4:44");
  const auto fetching = RunsOfAWeek(schedule, Traffic::kFetch);
  EXPECT_EQ(fetching.size(), 169u);
  EXPECT_EQ(RunsOfAWeek(schedule, Traffic::kSend).size(), 8u);
  EXPECT_TRUE(TakesAnyConnection(schedule, Traffic::kFetch));
  EXPECT_FALSE(TakesAnyConnection(Parsed("[#Out]\ntype: SMTP\n* 4:44"), Traffic::kFetch));
  EXPECT_FALSE(TakesAnyConnection(Parsed("[LAN]\n* 4:44"), Traffic::kFetch));
}

TEST(Schedule, ASectionThatNamesNoTimeNeverRunsByItself) {
  const Schedule schedule = Parsed("[#LAN]\n");
  EXPECT_EQ(NextRun(schedule, Traffic::kFetch, absl::UnixEpoch()), std::nullopt);
  EXPECT_EQ(LastRun(schedule, Traffic::kFetch, absl::UnixEpoch()), std::nullopt);
  EXPECT_TRUE(TakesAnyConnection(schedule, Traffic::kFetch));
}

TEST(Schedule, GoesByTheClocksOfItsZone) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const Schedule schedule = Parsed("[A]\n* 12:00\n[B]\ntz: Asia/Kolkata\n* 12:00\n", berlin);
  const absl::Time midnight = At("2026-01-05 00:00:00 +0000");
  EXPECT_EQ(NextRun(schedule, Traffic::kFetch, midnight), At("2026-01-05 06:30:00 +0000"));
  EXPECT_EQ(NextRun(schedule, Traffic::kFetch, At("2026-01-05 06:30:00 +0000")),
            At("2026-01-05 11:00:00 +0000"));
  EXPECT_EQ(LastRun(schedule, Traffic::kFetch, midnight), At("2026-01-04 11:00:00 +0000"));
}

// Berlin: forward from 02:00 to 03:00 on 29 March 2026, back from 03:00 on 25 October.
TEST(Schedule, RunsOnceWhenClocksAreChanged) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  struct {
    const char *name, *entry, *from;
    std::vector<std::string> runs;
  } const cases[] = {
      {"a time that is skipped",
       "* 02:30",
       "2026-03-28 12:00:00 +0000",
       {"Sun 03-29 03:00 +0200", "Mon 03-30 02:30 +0200"}},
      {"several of them, once",
       "* 2:*5",
       "2026-03-29 00:56:00 +0000",
       {"Sun 03-29 03:00 +0200", "Mon 03-30 02:05 +0200"}},
      {"skipped, and the minute after",
       "* *:00",
       "2026-03-29 00:00:00 +0000",
       {"Sun 03-29 03:00 +0200", "Sun 03-29 04:00 +0200"}},
      {"a time that is repeated",
       "* 02:30",
       "2026-10-24 12:00:00 +0000",
       {"Sun 10-25 02:30 +0200", "Mon 10-26 02:30 +0100"}},
      {"asked in the second hour",
       "* 02:30",
       "2026-10-25 01:10:00 +0000",
       {"Mon 10-26 02:30 +0100"}},
      {"each half hour",
       "* *:30",
       "2026-10-24 23:00:00 +0000",
       {"Sun 10-25 01:30 +0200", "Sun 10-25 02:30 +0200", "Sun 10-25 03:30 +0100"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Schedule schedule = Parsed(c.entry, berlin);
    absl::Time at = At(c.from);
    for (const std::string& run : c.runs) {
      const auto next = NextRun(schedule, Traffic::kFetch, at);
      ASSERT_TRUE(next);
      EXPECT_EQ(Written(*next, berlin), run);
      EXPECT_EQ(LastRun(schedule, Traffic::kFetch, *next + absl::Seconds(1)), *next);
      at = *next;
    }
  }
}

// Whatever the zone and the day: what is next is last from there on, and nothing lies between.
TEST(Schedule, NextAndLastAgreeThroughAYear) {
  const char* const zones[] = {"Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe",
                               "Pacific/Apia"};
  for (const char* name : zones) {
    for (const char* entry : {"* *:*7", "* 0*:30", "SU 02:*"}) {
      SCOPED_TRACE(absl::StrCat(name, " ", entry));
      const Schedule schedule = Parsed(entry, Zone(name));
      absl::Time at = At("2011-01-01 00:00:00 +0000");  // Apia left out 30 December
      for (int i = 0; i < 60000 && at < At("2012-02-01 00:00:00 +0000"); ++i) {
        const absl::Time next = NextRun(schedule, Traffic::kFetch, at).value();
        ASSERT_GT(next, at);
        ASSERT_EQ(LastRun(schedule, Traffic::kFetch, next), next);
        ASSERT_EQ(NextRun(schedule, Traffic::kFetch, next - absl::Seconds(1)), next);
        if (i > 0) {
          ASSERT_EQ(LastRun(schedule, Traffic::kFetch, next - absl::Seconds(1)), at);
        }
        at = next;
      }
    }
  }
}

TEST(Schedule, OneRunIsMadeUpForWithinTheHour) {
  const Schedule schedule = Parsed("* 12:00\n* 12:10\n");
  struct {
    const char *now, *owed;
  } const cases[] = {
      {"2026-01-05 12:00:00 +0000", "2026-01-05 12:00:00 +0000"},
      {"2026-01-05 12:09:59 +0000", "2026-01-05 12:00:00 +0000"},
      {"2026-01-05 12:30:00 +0000", "2026-01-05 12:10:00 +0000"},
      {"2026-01-05 13:09:59 +0000", "2026-01-05 12:10:00 +0000"},
      {"2026-01-05 13:10:00 +0000", nullptr},
      {"2026-01-05 11:59:59 +0000", nullptr},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.now);
    const auto owed = RunOwed(schedule, Traffic::kFetch, At(c.now));
    ASSERT_EQ(owed.has_value(), c.owed != nullptr);
    if (owed) {
      EXPECT_EQ(*owed, At(c.owed));
    }
  }
}

}  // namespace
}  // namespace postern::schedule
