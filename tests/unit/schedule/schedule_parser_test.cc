#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/schedule/schedule.h"
#include "lib/words/wording.h"
#include "tests/unit/schedule/wall_times.h"

namespace postern::schedule {
namespace {

constexpr char kHour[] = "must be an hour from 00 to 23, or a pattern like *, 1*, *5";
constexpr char kMinute[] = "must be a minute from 00 to 59, or a pattern like *, 1*, *5";
constexpr char kDay[] = "must be a day (MO, TU, WE, TH, FR, SA, SU), a range of days (MO-FR) or *";
constexpr char kTime[] = "must be a time (12:00, 12:*5, *:00) or a number of mails that wait (5)";
constexpr char kCount[] = "must be a number of mails from 1 to 999999";

std::string ErrorOf(absl::string_view text, Syntax syntax) {
  const auto schedule = ParseSchedule(text, syntax, absl::UTCTimeZone());
  if (schedule.ok()) return "none";
  EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
  const auto wording = words::WordingOf(schedule.status());
  EXPECT_TRUE(wording.has_value());
  if (wording) {
    EXPECT_TRUE(absl::EndsWith(schedule.status().message(), words::English(*wording)));
  }
  return std::string(schedule.status().message());
}

TEST(ScheduleParser, SaysWhereAndWhatIsWrong) {
  struct {
    std::string text, error;
  } const cases[] = {
      {"[a]\nXX 12:00", absl::StrCat("2:1: ", kDay)},
      {"[a]\n  XX 12:00", absl::StrCat("2:3: ", kDay)},
      {"[a]\nMO 24:00", absl::StrCat("2:4: ", kHour)},
      {"[a]\nMO 12:60", absl::StrCat("2:7: ", kMinute)},
      {"[a]\nMO-XX 1:00", absl::StrCat("2:1: ", kDay)},
      {"[a]\nMO 12:00:00", "2:9: there are no seconds"},
      {"[a", "1:3: a \"]\" is missing"},
      {"[a]\ntype: IMAP", "2:7: must be one of SMTP, POP3, BOTH"},
      {"[a]\ntype:", "2:6: must be one of SMTP, POP3, BOTH"},
      {"[a] b", "1:4: nothing may follow the \"]\""},
      {"[]", "1:2: the section has no name"},
      {"[#]", "1:3: the section has no name"},
      {"[a[b]", "1:2: this can't be the name of a section"},
      {"[ä] b", "1:4: nothing may follow the \"]\""},
      {"\xef\xbb\xbf[a] b", "1:4: nothing may follow the \"]\""},
      {"[a]\nMO 3*:00", absl::StrCat("2:4: ", kHour)},
      {"[a]\nMO *6:*", "none"},
      {"[a]\nMO 12:6*", absl::StrCat("2:7: ", kMinute)},
      {"[a]\nMO 123:00", absl::StrCat("2:4: ", kHour)},
      {"[a]\nMO :00", absl::StrCat("2:4: ", kHour)},
      {"[a]\nMO 12:", absl::StrCat("2:7: ", kMinute)},
      {"[a]\nMO 12:0-5", absl::StrCat("2:7: ", kMinute)},
      {"[a]\nMO 12:00 x", "2:10: nothing may follow the time"},
      {"[a]\nMO", absl::StrCat("2:1: ", kTime)},
      {"[a]\nMO noon", absl::StrCat("2:4: ", kTime)},
      {"[a]\n0", absl::StrCat("2:1: ", kCount)},
      {"[a]\nMO 1000000", absl::StrCat("2:4: ", kCount)},
      {"[a]\n-5", absl::StrCat("2:1: ", kTime)},
      {"[a]\nuser: x\nuser: y", "3:1: this is given twice in one section"},
      {"[a]\nMO 1\x01", "2:5: must not hold control characters"},
  };
  for (const auto& c : cases) {
    for (const Syntax syntax : {Syntax::kStrict, Syntax::kExtended}) {
      SCOPED_TRACE(c.text);
      EXPECT_EQ(ErrorOf(c.text, syntax), c.error);
    }
  }
}

TEST(ScheduleParser, JSMailKnewLess) {
  struct {
    const char *text, *strict, *extended;
  } const cases[] = {
      {"MO 12:00", "1:1: a section has to come first, like [LAN]", "none"},
      {"type: SMTP", "1:1: a section has to come first, like [LAN]", "none"},
      {"[a]\ntz: Europe/Berlin", "2:1: must be one of user, password, domain, type", "none"},
      {"[a]\ntz: Mars", "2:1: must be one of user, password, domain, type",
       "2:5: must be a time zone by its name, like Europe/Berlin or UTC"},
      {"[a]\npass: x", "2:1: must be one of user, password, domain, type",
       "2:1: must be one of user, password, domain, type, tz"},
      {"[a]\nMO 08-18:30", "2:4: must be an hour from 00 to 23, or a pattern like *, 1*, *5",
       "none"},
      {"[a]\nMO 08-24:30", "2:4: must be an hour from 00 to 23, or a pattern like *, 1*, *5",
       "2:4: must be an hour from 00 to 23, or a pattern like *, 1*, *5"},
      {"[a]\nMO 1*-18:30", "2:4: must be an hour from 00 to 23, or a pattern like *, 1*, *5",
       "2:4: must be an hour from 00 to 23, or a pattern like *, 1*, *5"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(ErrorOf(c.text, Syntax::kStrict), c.strict);
    EXPECT_EQ(ErrorOf(c.text, Syntax::kExtended), c.extended);
  }
}

// A line that is spelt wrong may be a password's.
TEST(ScheduleParser, QuotesNothingThatItCantRead) {
  for (const char* text : {"[a]\npasword: hunter2", "[a]\nhunter2", "[a]\npassword hunter2",
                           "[a]\nMO hunter2", "[a]\ntype: hunter2", "[a]\ntz: hunter2", "[hunter2",
                           "[a]hunter2", "[a]\nMO 12:00 hunter2"}) {
    for (const Syntax syntax : {Syntax::kStrict, Syntax::kExtended}) {
      SCOPED_TRACE(text);
      const std::string error = ErrorOf(text, syntax);
      EXPECT_NE(error, "none");
      EXPECT_FALSE(absl::StrContains(error, "hunter2"));
    }
  }
}

TEST(ScheduleParser, ReadsWhatASectionSaysOfItself) {
  const Schedule schedule = Parsed(
      "\xef\xbb\xbf# of the office\n[#My ISP]\r\nUser: fred \npassword:  sc#oby\ndomain:WORK\n"
      "type: pop3\n\t SU \t 5 \r\n[lan]\n12\n");
  ASSERT_EQ(schedule.sections.size(), 2u);
  const Section& first = schedule.sections[0];
  EXPECT_EQ(first.name, "My ISP");
  EXPECT_TRUE(first.any_connection);
  EXPECT_FALSE(first.no_dialling);
  EXPECT_EQ(first.user, "fred ");
  EXPECT_EQ(first.password.Reveal(), " sc#oby") << "one blank belongs to the colon, no more";
  EXPECT_EQ(first.password_line, 4u);
  EXPECT_EQ(first.domain, "WORK");
  EXPECT_EQ(first.traffic, Traffic::kFetch);
  ASSERT_EQ(first.triggers.size(), 1u);
  EXPECT_EQ(first.triggers[0].days, 64);
  EXPECT_EQ(first.triggers[0].waiting, 5u);
  const Section& second = schedule.sections[1];
  EXPECT_TRUE(second.no_dialling);
  EXPECT_EQ(second.password_line, 0u);
  EXPECT_EQ(second.triggers[0].days, kEveryDay);
  EXPECT_EQ(second.triggers[0].waiting, 12u);
}

TEST(ScheduleParser, WarnsOfWhatMayNotBeMeant) {
  struct {
    const char *text, *warning;
  } const cases[] = {
      {"[a]\n 12:00", "2:2: there is no day: taken for every day"},
      {"[a]\nMO 12:00\n user: x",
       "3:2: this belongs in front of the section's times; it holds for all of them"},
      {"\n[a]\nuser: x",
       "2:1: the section has neither a time nor a number of mails: it never runs"},
      {"[a]\ntype: POP3\n5",
       "1:1: mails that wait to be sent mean nothing to a section of type POP3"},
      {"[#a]\n", ""},
      {"", ""},
      {"\n# nothing\n", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const Schedule schedule = Parsed(c.text);
    ASSERT_EQ(schedule.warnings.size(), c.warning[0] == '\0' ? 0u : 1u);
    for (const Warning& warning : schedule.warnings) EXPECT_EQ(ToString(warning), c.warning);
  }
}

TEST(ScheduleParser, HasLimits) {
  std::string sections, comment = "[a]\n#";
  for (size_t i = 0; i < kMaxSections; ++i) absl::StrAppend(&sections, "[s]\n*:00\n");
  EXPECT_EQ(ErrorOf(sections, Syntax::kStrict), "none");
  EXPECT_EQ(ErrorOf(sections + "[s]", Syntax::kStrict), "129:1: there may be at most 64 sections");
  comment.resize(kMaxScheduleBytes, 'x');
  EXPECT_EQ(ErrorOf(comment, Syntax::kStrict), "none");
  EXPECT_EQ(ErrorOf(comment + "x", Syntax::kStrict), "1:1: must have at most 16384 bytes");
  const std::string name(128, 'n');
  EXPECT_EQ(ErrorOf(absl::StrCat("[", name, "]"), Syntax::kStrict), "none");
  EXPECT_EQ(ErrorOf(absl::StrCat("[", name, "n]"), Syntax::kStrict),
            "1:2: this can't be the name of a section");
}

}  // namespace
}  // namespace postern::schedule
