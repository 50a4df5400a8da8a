#include "services/xmpp-edge/send_time.h"

#include <gtest/gtest.h>

namespace postern::xmpp_edge {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone));
  return zone;
}

absl::Time In(const absl::TimeZone& zone, const char* text) {
  absl::Time time;
  std::string why;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, zone, &time, &why)) << why;
  return time;
}

TimeWords German() {
  TimeWords words;
  words.today = "heute|Heute";
  words.tomorrow = "morgen";
  words.weekdays = {"montag",  "dienstag", "mittwoch", "donnerstag",
                    "freitag", "samstag",  "sonntag"};
  words.at = "um";
  words.after_tomorrow = "übermorgen|Übermorgen";
  words.one = "einer|einem";
  words.oclock = "uhr";
  words.hours = "stunden|stunde";
  return words;
}

TEST(ReadSendTime, ReadsWhatPeopleWrite) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const absl::Time now = In(berlin, "2026-11-22 17:30");  // a Sunday
  const struct {
    const char* text;
    const char* time;
  } cases[] = {
      {"18:00", "2026-11-22 18:00"},
      {"17:30", "2026-11-23 17:30"},  // not now: the next one
      {"9:00", "2026-11-23 09:00"},
      {"9am", "2026-11-23 09:00"},
      {"9:05PM", "2026-11-22 21:05"},
      {"12am", "2026-11-23 00:00"},
      {"12pm", "2026-11-23 12:00"},
      {"9h30", "2026-11-23 09:30"},
      {"20h", "2026-11-22 20:00"},
      {"7.15", "2026-11-23 07:15"},
      {"today 18:00", "2026-11-22 18:00"},
      {"tomorrow 9:00", "2026-11-23 09:00"},
      {"Tomorrow, at 9:00", "2026-11-23 09:00"},
      {"tomorrow 9 am", "2026-11-23 09:00"},
      {"monday 8:30", "2026-11-23 08:30"},
      {"MON 8:30", "2026-11-23 08:30"},
      {"sunday 18:00", "2026-11-22 18:00"},
      {"sunday 8:30", "2026-11-29 08:30"},
      {"saturday 8:30", "2026-11-28 08:30"},
      {"2026-12-24 18:00", "2026-12-24 18:00"},
      {"2026-12-24T18:00", "2026-12-24 18:00"},
      {"24.12. 18:00", "2026-12-24 18:00"},
      {"24.12.2026 18:00", "2026-12-24 18:00"},
      {"1.2. 18:00", "2027-02-01 18:00"},
      {"in 2 hours", "2026-11-22 19:30"},
      {"in 2h", "2026-11-22 19:30"},
      {"in 90 min", "2026-11-22 19:00"},
      {"in 1 day", "2026-11-23 17:30"},
      {"in 2 weeks", "2026-12-06 17:30"},
      {"Heute 18:00", "2026-11-22 18:00"},
      {"morgen um 9:00", "2026-11-23 09:00"},
      {"in 3 Stunden", "2026-11-22 20:30"},
      {"Mittwoch 9:00", "2026-11-25 09:00"},
      {"noon", "2026-11-23 12:00"},
      {"tomorrow noon", "2026-11-23 12:00"},
      {"at 9 o'clock", "2026-11-23 09:00"},
      {"9 pm", "2026-11-22 21:00"},
      {"tonight", "2026-11-22 20:00"},
      {"tonight at 22:00", "2026-11-22 22:00"},
      {"in an hour", "2026-11-22 18:30"},
      {"Übermorgen 9:00", "2026-11-24 09:00"},
      {"um 9 Uhr", "2026-11-23 09:00"},
      {"8.30 Uhr", "2026-11-23 08:30"},
      {"morgen um 9 Uhr", "2026-11-23 09:00"},
      {"in einer Stunde", "2026-11-22 18:30"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto read = ReadSendTime(c.text, now, berlin, German());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(absl::FormatTime("%Y-%m-%d %H:%M", *read, berlin), c.time);
  }
}

TEST(ReadSendTime, RefusesWhatIsNoTimeAndWhatIsOver) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const absl::Time now = In(berlin, "2026-11-22 17:30");
  const struct {
    const char* text;
    absl::StatusCode code;
  } cases[] = {
      {"", absl::StatusCode::kInvalidArgument},
      {"soon", absl::StatusCode::kInvalidArgument},
      {"tomorrow", absl::StatusCode::kInvalidArgument},
      {"9", absl::StatusCode::kInvalidArgument},
      {"at 9", absl::StatusCode::kInvalidArgument},
      {"1 2:00", absl::StatusCode::kInvalidArgument},
      {"25 o'clock", absl::StatusCode::kInvalidArgument},
      {"in hours", absl::StatusCode::kInvalidArgument},
      {"24:00", absl::StatusCode::kInvalidArgument},
      {"9:60", absl::StatusCode::kInvalidArgument},
      {"13pm", absl::StatusCode::kInvalidArgument},
      {"2026-02-30 9:00", absl::StatusCode::kInvalidArgument},
      {"2026-13-01 9:00", absl::StatusCode::kInvalidArgument},
      {"12/24 9:00", absl::StatusCode::kInvalidArgument},
      {"in 0 hours", absl::StatusCode::kInvalidArgument},
      {"in -2 hours", absl::StatusCode::kInvalidArgument},
      {"in 99999999999 hours", absl::StatusCode::kInvalidArgument},
      {"in two hours", absl::StatusCode::kInvalidArgument},
      {"tomorrow 9:00 sharp please", absl::StatusCode::kInvalidArgument},
      {"today 9:00", absl::StatusCode::kOutOfRange},
      {"2026-11-22 17:30", absl::StatusCode::kOutOfRange},
      {"22.11.2025 18:00", absl::StatusCode::kOutOfRange},
      {"2028-01-01 0:00", absl::StatusCode::kOutOfRange},
      {"in 60 weeks", absl::StatusCode::kOutOfRange},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(ReadSendTime(c.text, now, berlin, German()).status().code(), c.code);
  }
  EXPECT_EQ(ReadSendTime(std::string(5000, '1'), now, berlin, German()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ReadSendTime, KeepsTheTimeOfDayWhenClocksChange) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const struct {
    const char* now;
    const char* text;
    const char* utc;
  } cases[] = {
      // Forward on 2027-03-28, 02:00 to 03:00.
      {"2027-03-27 12:00", "tomorrow 9:00", "2027-03-28 07:00"},
      {"2027-03-27 12:00", "tomorrow 2:30", "2027-03-28 01:00"},  // there is no 2:30
      {"2027-03-27 12:00", "in 1 day", "2027-03-28 10:00"},
      {"2027-03-27 12:00", "in 24 hours", "2027-03-28 11:00"},
      {"2027-03-27 12:00", "sunday 3:00", "2027-03-28 01:00"},
      // Back on 2027-10-31, 03:00 to 02:00: of two half past two the first counts.
      {"2027-10-30 12:00", "tomorrow 2:30", "2027-10-31 00:30"},
      {"2027-10-30 12:00", "tomorrow 9:00", "2027-10-31 08:00"},
      {"2027-10-30 12:00", "in 1 day", "2027-10-31 11:00"},
      {"2027-10-30 12:00", "in 1 week", "2027-11-06 11:00"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto read = ReadSendTime(c.text, In(berlin, c.now), berlin, TimeWords());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(absl::FormatTime("%Y-%m-%d %H:%M", *read, absl::UTCTimeZone()), c.utc);
  }
  const absl::TimeZone fixed = absl::FixedTimeZone(5 * 3600 + 1800);
  const auto read = ReadSendTime("18:00", In(fixed, "2026-11-22 17:30"), fixed, TimeWords());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(absl::FormatTime("%Y-%m-%d %H:%M", *read, absl::UTCTimeZone()), "2026-11-22 12:30");
}

}  // namespace
}  // namespace postern::xmpp_edge
