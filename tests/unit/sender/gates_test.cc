#include "services/sender/schedules/gates.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/unit/schedule/wall_times.h"

namespace postern::sender {
namespace {

using schedule::At;
using schedule::Parsed;

constexpr char kMonday[] = "2026-01-05 00:00:00 +0000";

// One account, a queue that a run empties, and a clock that the test moves.
class GatesTest : public ::testing::Test {
 protected:
  void Begin(const std::string& schedule, absl::string_view now = kMonday,
             Gates::Record record = {}) {
    now_ = At(now);
    gates_.emplace(std::move(record));
    Put(schedule);
    Look();
  }
  void Put(const std::string& schedule, const std::string& route = "",
           const std::string& zone = "") {
    Gates::Account account;
    account.id = "a";
    account.host = "smtp.isp.test";
    account.schedule = schedule;
    account.time_zone = zone;
    account.route = route;
    gates_->Put(account, now_);
  }
  void Look() {
    Gates::Counts counts;
    for (const std::string& id : gates_->ToCount(now_)) counts[id] = waiting_;
    gates_->Advance(now_, counts);
    if (!gates_->IsShut("a") && drains_) waiting_ = 0;
  }
  // Lets time pass as the keeper does; when the gate was opened: "Sat 12:00:00 Sat 13:00:00".
  std::string OpenedUntil(absl::string_view until) {
    std::vector<std::string> times;
    const absl::Time end = At(until);
    bool shut = gates_->IsShut("a");
    while (now_ < end) {
      now_ = std::min(end, std::max(gates_->NextAsk(now_), now_ + absl::Milliseconds(1)));
      if (always_mail_ && waiting_ == 0) waiting_ = 1;
      Look();
      if (shut && !gates_->IsShut("a")) {
        times.push_back(absl::FormatTime("%a %H:%M:%S", now_, absl::UTCTimeZone()));
      }
      shut = gates_->IsShut("a");
    }
    return absl::StrJoin(times, " ");
  }
  absl::Duration UntilShut() {
    const absl::Time begin = now_;
    while (!gates_->IsShut("a")) {
      now_ = gates_->NextAsk(now_);
      Look();
    }
    return now_ - begin;
  }

  std::optional<Gates> gates_;
  absl::Time now_;
  uint64_t waiting_ = 0;
  bool drains_ = true;
  bool always_mail_ = false;
};

TEST_F(GatesTest, FireAsJsmailsExampleSays) {
  constexpr char kMyIsp[] = "[MYISP]\ntype: SMTP\nSA 12:00\nSA 13:00\nSU 12:00\nSU 5\n";
  Begin(kMyIsp);
  EXPECT_TRUE(gates_->IsShut("a"));
  waiting_ = 9;  // Monday: no trigger
  EXPECT_EQ(OpenedUntil("2026-01-09 00:00:00 +0000"), "");
  always_mail_ = true;
  EXPECT_EQ(OpenedUntil("2026-01-11 12:30:00 +0000"), "Sat 12:00:00 Sat 13:00:00 Sun 12:00:00");
  always_mail_ = false;
  waiting_ = 4;
  EXPECT_EQ(OpenedUntil("2026-01-11 13:00:00 +0000"), "");
  waiting_ = 5;
  gates_->MailCame(now_);
  Look();
  EXPECT_FALSE(gates_->IsShut("a"));
}

TEST_F(GatesTest, SmtpAndBothSendAndPop3DoesNot) {
  const struct {
    const char* schedule;
    const char* opened;
  } cases[] = {{"[X]\ntype: SMTP\n* 12:00", "Mon 12:00:00"},
               {"[X]\ntype: BOTH\n* 12:00", "Mon 12:00:00"},
               {"[X]\n* 12:00", "Mon 12:00:00"},
               {"[LAN]\n* 12:00", "Mon 12:00:00"},
               {"* 12:00", "Mon 12:00:00"},
               {"[X]\ntype: POP3\n* 12:00", ""},
               {"[X]\ntype: POP3\n* 12:00\n[Y]\ntype: SMTP\n* 13:00", "Mon 13:00:00"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.schedule);
    Begin(c.schedule);
    waiting_ = 1;
    EXPECT_EQ(OpenedUntil("2026-01-06 00:00:00 +0000"), c.opened);
  }
}

TEST_F(GatesTest, AnHourlyScheduleOpensHourly) {
  Begin("[LAN]\n* *:00");
  always_mail_ = true;
  EXPECT_EQ(OpenedUntil("2026-01-05 03:30:00 +0000"), "Mon 01:00:00 Mon 02:00:00 Mon 03:00:00");
}

TEST_F(GatesTest, ARunEndsWhenNothingWaitsOrAfterAQuarterOfAnHour) {
  Begin("* 12:00");
  drains_ = false;
  waiting_ = 3;
  EXPECT_EQ(OpenedUntil("2026-01-05 12:00:01 +0000"), "Mon 12:00:00");
  EXPECT_LE(UntilShut(), absl::Minutes(15));
  EXPECT_GE(now_, At("2026-01-05 12:15:00 +0000"));
  EXPECT_EQ(OpenedUntil("2026-01-06 12:00:30 +0000"), "Tue 12:00:00");
  waiting_ = 0;
  EXPECT_LE(UntilShut(), absl::Seconds(1));
}

TEST_F(GatesTest, NothingIsOpenedForNoMail) {
  Begin("* *:*");
  EXPECT_EQ(OpenedUntil("2026-01-05 01:00:00 +0000"), "");
  EXPECT_EQ(gates_->begun(), 0u);
}

TEST_F(GatesTest, ARunThatWasMissedIsMadeUpForOnceAndWhenItIsNotTooOld) {
  const struct {
    const char* name;
    const char* now;
    const char* dealt_with;
    bool made_up;
  } cases[] = {
      {"just missed", "2026-01-06 12:59:00 +0000", "2026-01-05 12:00:00 +0000", true},
      {"too old", "2026-01-06 13:00:00 +0000", "2026-01-05 12:00:00 +0000", false},
      {"it was made", "2026-01-06 12:30:00 +0000", "2026-01-06 12:00:00 +0000", false},
      {"several are one", "2026-01-09 12:10:00 +0000", "2026-01-05 12:00:00 +0000", true},
      {"made by a clock that was wrong", "2026-01-06 12:30:00 +0000", "2027-01-01 12:00:00 +0000",
       false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    waiting_ = 1;
    drains_ = false;
    Begin("* 12:00", c.now, {{"account/a", absl::ToUnixSeconds(At(c.dealt_with))}});
    EXPECT_EQ(gates_->IsShut("a"), !c.made_up);
  }
  waiting_ = 1;
  Begin("* 12:00", "2026-01-06 12:30:00 +0000");
  EXPECT_TRUE(gates_->IsShut("a")) << "a new schedule owes nothing";
}

TEST_F(GatesTest, WhatIsPutOnRecordIsTheLastRunThatIsOver) {
  Begin("* 12:00");
  gates_->TakeNotes();
  drains_ = false;
  waiting_ = 1;
  OpenedUntil("2026-01-05 12:05:00 +0000");
  EXPECT_TRUE(gates_->TakeNotes().empty()) << "a sender that dies now has to go on with it";
  waiting_ = 0;
  UntilShut();
  const Gates::Record notes = gates_->TakeNotes();
  ASSERT_EQ(notes.count("account/a"), 1u);
  EXPECT_EQ(notes.at("account/a"), absl::ToUnixSeconds(At("2026-01-05 12:00:00 +0000")));
}

TEST_F(GatesTest, AClockThatJumpsNeitherSkipsNorRepeatsForLong) {
  Begin("* *:00");
  always_mail_ = true;
  OpenedUntil("2026-01-05 01:00:10 +0000");
  now_ -= absl::Seconds(30);  // over the full hour: not twice
  EXPECT_EQ(OpenedUntil("2026-01-05 01:30:00 +0000"), "");
  now_ += absl::Hours(3);  // what is missed by a jump is made up for once
  EXPECT_EQ(OpenedUntil("2026-01-05 04:40:00 +0000"), "Mon 04:30:00");
  now_ -= absl::Hours(4);  // and the schedule goes on, an old time or not
  EXPECT_EQ(OpenedUntil("2026-01-05 02:10:00 +0000"), "Mon 01:00:00 Mon 02:00:00");
}

TEST_F(GatesTest, ATimeThatComesTwiceBySummerTimeFiresOnce) {
  now_ = At("2026-10-24 12:00:00 +0000");
  gates_.emplace(Gates::Record());
  Put("* 02:30", "", "Europe/Berlin");
  Look();
  always_mail_ = true;
  EXPECT_EQ(OpenedUntil("2026-10-25 12:00:00 +0000"), "Sun 00:30:00");
}

TEST_F(GatesTest, AConnectionMadeForSomethingElseOpensTheGate) {
  Begin("[#MYISP]\nSA 12:00", "2026-01-06 03:17:00 +0000");
  waiting_ = 2;
  gates_->Connected("other.test", now_);
  Look();
  EXPECT_TRUE(gates_->IsShut("a"));
  drains_ = false;
  gates_->Connected("SMTP.isp.test", now_);
  EXPECT_FALSE(gates_->IsShut("a"));
  waiting_ = 0;
  UntilShut();
  waiting_ = 2;
  gates_->Connected("smtp.isp.test", now_);
  EXPECT_TRUE(gates_->IsShut("a")) << "a minute apart";
  now_ += absl::Minutes(1);
  gates_->Connected("smtp.isp.test", now_);
  EXPECT_FALSE(gates_->IsShut("a"));
  // Its own times hold all the same.
  Begin("[#MYISP]\nSA 12:00");
  always_mail_ = true;
  EXPECT_EQ(OpenedUntil("2026-01-11 00:00:00 +0000"), "Sat 12:00:00");
  // And without the mark nothing of the kind.
  Begin("[MYISP]\nSA 12:00");
  gates_->Connected("smtp.isp.test", now_);
  EXPECT_TRUE(gates_->IsShut("a"));
}

TEST_F(GatesTest, AFullQueueOpensOnceAndAMinuteApart) {
  Begin("5");
  drains_ = false;
  waiting_ = 4;
  gates_->MailCame(now_);
  Look();
  EXPECT_TRUE(gates_->IsShut("a"));
  waiting_ = 5;
  gates_->MailCame(now_);
  Look();
  EXPECT_FALSE(gates_->IsShut("a"));
  waiting_ = 0;
  EXPECT_LE(UntilShut(), absl::Seconds(1));
  waiting_ = 7;
  const absl::Time full = now_;
  while (gates_->IsShut("a")) {
    now_ = std::max(gates_->NextAsk(now_), now_ + absl::Milliseconds(1));
    Look();
  }
  EXPECT_GE(now_ - full, absl::Seconds(55));
  // Full it stays: no run after the other.
  EXPECT_LE(UntilShut(), absl::Minutes(15) + absl::Seconds(2));
  EXPECT_EQ(OpenedUntil("2026-01-05 06:00:00 +0000"), "");
}

TEST_F(GatesTest, ARouteHoldsTheMailOfItsAccounts) {
  now_ = At(kMonday);
  gates_.emplace(Gates::Record());
  gates_->PutRoute("night", "", Parsed("[night]\n* 02:00"), now_);
  Put("", "night");
  Look();
  EXPECT_TRUE(gates_->HasGate("a"));
  EXPECT_TRUE(gates_->IsShut("a"));
  waiting_ = 1;
  EXPECT_EQ(OpenedUntil("2026-01-05 12:00:00 +0000"), "Mon 02:00:00");
  EXPECT_EQ(gates_->NextRunOf("night", now_), At("2026-01-06 02:00:00 +0000"));
  gates_->RemoveRoute("night");
  EXPECT_FALSE(gates_->IsShut("a"));
  EXPECT_FALSE(gates_->HasGate("a"));
}

TEST_F(GatesTest, WhatItsOwnScheduleLetThroughWaitsForTheRoute) {
  now_ = At(kMonday);
  gates_.emplace(Gates::Record());
  gates_->PutRoute("noon", "", Parsed("[noon]\n* 12:00"), now_);
  Put("* 09:00", "noon");
  Look();
  waiting_ = 1;
  EXPECT_EQ(gates_->GoesAt("a", now_, now_), At("2026-01-05 12:00:00 +0000"));
  EXPECT_EQ(OpenedUntil("2026-01-05 13:00:00 +0000"), "Mon 12:00:00");
  waiting_ = 1;  // too late for nine o'clock
  EXPECT_EQ(OpenedUntil("2026-01-06 13:00:00 +0000"), "Tue 12:00:00");
}

TEST_F(GatesTest, TellsWhenMailWillGo) {
  Begin("SA 12:00\n5");
  EXPECT_EQ(gates_->GoesAt("a", now_, now_), At("2026-01-10 12:00:00 +0000"));
  EXPECT_EQ(gates_->GoesAt("a", now_, At("2026-01-10 12:00:30 +0000")),
            At("2026-01-17 12:00:00 +0000"));
  Begin("5");
  EXPECT_EQ(gates_->GoesAt("a", now_, now_), std::nullopt) << "no clock says so";
  Begin("");
  EXPECT_EQ(gates_->GoesAt("a", now_, now_), std::nullopt);
  EXPECT_FALSE(gates_->HasGate("a"));
}

TEST_F(GatesTest, AScheduleThatIsTakenAwayOpensTheGate) {
  Begin("SA 12:00");
  gates_->TakeChanged();
  Put("");
  EXPECT_EQ(gates_->TakeChanged(), std::vector<std::string>{"a"});
  EXPECT_FALSE(gates_->HasGate("a"));
  EXPECT_FALSE(gates_->IsShut("a"));
}

TEST_F(GatesTest, ACountThatIsNotKnownEndsNoRun) {
  Begin("* 12:00");
  now_ = At("2026-01-05 12:00:00 +0000");
  gates_->Advance(now_, {});
  EXPECT_FALSE(gates_->IsShut("a"));
  now_ += absl::Minutes(1);
  gates_->Advance(now_, {});
  EXPECT_FALSE(gates_->IsShut("a"));
}

}  // namespace
}  // namespace postern::sender
