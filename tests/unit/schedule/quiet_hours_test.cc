#include "lib/schedule/quiet_hours.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/schedule/wall_times.h"

namespace postern::schedule {
namespace {

// Until when it is quiet, by the clock of the zone; "-" when it is not.
std::string UntilOf(absl::string_view text, absl::string_view now, absl::string_view zone_name) {
  const absl::TimeZone zone = Zone(zone_name);
  const auto quiet = QuietHours::Parse(text, zone);
  EXPECT_TRUE(quiet.ok()) << quiet.status();
  if (!quiet.ok()) return "";
  const auto until = quiet->Until(At(now));
  return until ? Written(*until, zone) : "-";
}

TEST(QuietHours, LastUntilTheirEnd) {
  struct {
    const char *hours, *now, *until;
  } const cases[] = {
      {"", "2026-01-05 12:00:00 +0000", "-"},
      {" ", "2026-01-05 12:00:00 +0000", "-"},
      {"22:00-07:00", "2026-01-05 21:59:59 +0000", "-"},
      {"22:00-07:00", "2026-01-05 22:00:00 +0000", "Tue 01-06 07:00 +0000"},
      {"22:00-07:00", "2026-01-06 06:59:59 +0000", "Tue 01-06 07:00 +0000"},
      {"22:00-07:00", "2026-01-06 07:00:00 +0000", "-"},
      {"22:00-07:00", "2026-01-11 23:00:00 +0000", "Mon 01-12 07:00 +0000"},
      {"12:00-13:30", "2026-01-05 12:45:00 +0000", "Mon 01-05 13:30 +0000"},
      {"SA-SU 00:00-24:00", "2026-01-09 23:59:00 +0000", "-"},
      {"SA-SU 00:00-24:00", "2026-01-10 00:00:00 +0000", "Mon 01-12 00:00 +0000"},
      {"FR 22:00-7:00", "2026-01-10 03:00:00 +0000", "Sat 01-10 07:00 +0000"},
      {"FR 22:00-7:00", "2026-01-09 03:00:00 +0000", "-"},
      {"sa-su 00:00-24:00,22:00-07:00", "2026-01-09 23:00:00 +0000", "Mon 01-12 07:00 +0000"},
      {"22:00-24:00, 00:00-06:00", "2026-01-11 22:00:00 +0000", "Mon 01-12 06:00 +0000"},
      {"MO  08:00-09:00", "2026-01-05 08:00:00 +0000", "Mon 01-05 09:00 +0000"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.hours, " at ", c.now));
    EXPECT_EQ(UntilOf(c.hours, c.now, "UTC"), c.until);
  }
}

TEST(QuietHours, GoByTheClockWhenItIsChanged) {
  struct {
    const char *name, *hours, *now, *until;
  } const cases[] = {
      {"a short night", "22:00-07:00", "2026-03-28 22:00:00 +0000", "Sun 03-29 07:00 +0200"},
      {"an end that is skipped", "22:00-02:30", "2026-03-28 23:00:00 +0000",
       "Sun 03-29 03:00 +0200"},
      {"a beginning that is skipped", "02:30-04:00", "2026-03-29 01:00:00 +0000",
       "Sun 03-29 04:00 +0200"},
      {"all that is skipped", "02:10-02:40", "2026-03-29 01:00:00 +0000", "-"},
      {"an end that is repeated", "22:00-02:30", "2026-10-25 00:10:00 +0000",
       "Sun 10-25 02:30 +0200"},
      {"over once, over for good", "22:00-02:30", "2026-10-25 01:10:00 +0000", "-"},
      {"a beginning that is repeated", "02:30-04:00", "2026-10-25 01:10:00 +0000",
       "Sun 10-25 04:00 +0100"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(UntilOf(c.hours, c.now, "Europe/Berlin"), c.until);
  }
}

TEST(QuietHours, NameTheEntryThatCantBeRead) {
  for (const char* entry : {"22:00", "22-7", "22:00-", "-07:00", "22:00-07:60", "24:00-07:00",
                            "22:00-24:01", "22:00-22:00", "22:0-07:00", "XX 22:00-07:00", "MO",
                            "MO 22:00", "122:00-07:00", "22:00 - 07:00", "22:00-07:00-08:00"}) {
    SCOPED_TRACE(entry);
    const auto quiet = QuietHours::Parse(absl::StrCat("12:00-13:00, ", entry), absl::UTCTimeZone());
    ASSERT_EQ(quiet.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(quiet.status().message(),
              absl::StrCat("\"", entry,
                           "\" is no time to be quiet; write it like 22:00-07:00 or "
                           "SA-SU 00:00-24:00"));
  }
  const auto error = [](absl::string_view text) {
    return std::string(QuietHours::Parse(text, absl::UTCTimeZone()).status().message());
  };
  EXPECT_EQ(error("00:00-24:00"), "they leave no time at all for mail");
  EXPECT_EQ(error("00:00-12:00, 12:00-00:00"), "they leave no time at all for mail");
  EXPECT_EQ(error("12:00-13:00\x1f"), "must not hold control characters");
  EXPECT_EQ(error(std::string(kMaxQuietHoursBytes + 1, ',')), "must have at most 1024 bytes");
}

}  // namespace
}  // namespace postern::schedule
