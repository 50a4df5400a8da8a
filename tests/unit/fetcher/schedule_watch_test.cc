// A watcher that goes by a schedule, and one with quiet hours.

#include <ctime>

#include "services/fetcher/timetable.h"
#include "tests/unit/fetcher/watcher_bench.h"

namespace postern::fetcher {
namespace {

// As the test wants it: seconds since the epoch.
class FakeTimetable final : public Timetable {
 public:
  bool HasSchedule() const override { return has_schedule; }
  std::optional<int64_t> NextLook(int64_t after) const override {
    return next_look > after ? std::optional(next_look) : std::nullopt;
  }
  std::optional<int64_t> LookOwed(int64_t) const override { return owed; }
  bool LooksWhenConnected() const override { return when_connected; }
  std::optional<int64_t> QuietUntil(int64_t now) const override {
    return now < quiet_until ? std::optional(quiet_until) : std::nullopt;
  }

  bool has_schedule = true, when_connected = false;
  int64_t next_look = 0, quiet_until = 0;
  std::optional<int64_t> owed;
};

// Until what a test waits for, when it can't say when it comes.
constexpr int64_t kSoon = 4;
constexpr std::chrono::seconds kPatience{30};

constexpr char kIdle[] = "C: A4 IDLE\nS: + idling\n";

std::string Opening() {
  return "S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"secret\"\n"
         "S: A1 OK [CAPABILITY IMAP4rev1 IDLE] in\nC: A2 EXAMINE \"INBOX\"\nS: * 1 EXISTS\n"
         "S: * OK [UIDVALIDITY 7]\nS: * OK [UIDNEXT 10]\nS: A2 OK\n";
}

std::string Look(bool with_mail) {
  return absl::StrCat("C: A3 UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE)\n",
                      with_mail ? "S: * 2 FETCH (UID 9 RFC822.SIZE 20 INTERNALDATE "
                                  "\"22-Nov-2020 07:00:00 +0000\")\n"
                                : "",
                      "S: A3 OK\n");
}

std::string Read(int tag) {
  return absl::StrCat("C: A", tag, " UID FETCH 9 (UID BODY.PEEK[]<0.1048576>)\n",
                      "S: * 2 FETCH (UID 9 BODY[]<0> {18}\nS: Subject: Hello\nS:\nS: )\nS: A", tag,
                      " OK\n");
}

class ScheduleWatchTest : public WatcherTest {
 protected:
  ScheduleWatchTest() {
    account_.timetable = timetable_;
    SetCursor({7, 8, MailboxIdentity("imap.example.org", "ann", "INBOX")});
  }

  // What PutAccount() puts next: of the same mailbox, and as far in it.
  void BeAnotherAccount(const std::string& id) {
    account_.id = id;
    account_.sealed_password = secrets_.Seal(crypto::Secret("secret"), id);
    CursorStore store(*redis_);
    auto lease = testing::Await(io_, store.Take(id, kToken - 1));
    const Cursor cursor{7, 8, MailboxIdentity("imap.example.org", "ann", "INBOX")};
    ASSERT_TRUE(lease.ok() && testing::Await(io_, store.Advance(*lease, cursor)).ok());
  }

  static int64_t Now() { return std::time(nullptr); }
  bool Rests() {
    return Until([this] {
      const auto watched = watches_->Watched();
      return !watched.empty() && watched.at(0)->State().state == "waiting" && bouts_.size() == 0;
    });
  }
  // So many connections are over, each as in its script.
  bool Visited(size_t count) {
    const bool done = Until([&] { return dialer_->ended.size() == count; }, kPatience);
    EXPECT_TRUE(done) << dialer_->ended.size() << " of " << count << " visits";
    for (const std::string& rest : dialer_->ended) EXPECT_EQ(rest, "");
    return done;
  }
  void LetTimePass(milliseconds time) {
    Until([] { return false; }, time);
  }
  int64_t NextAttempt() { return watches_->Watched().at(0)->State().next_attempt_unix; }

  std::shared_ptr<FakeTimetable> timetable_ = std::make_shared<FakeTimetable>();
};

TEST_F(ScheduleWatchTest, LooksAtItsTimesAndNotBefore) {
  timetable_->next_look = Now() + kSoon;
  Watch({absl::StrCat(Opening(), Look(true), Read(4))});
  ASSERT_TRUE(Rests());
  const size_t early = dialer_->dialled();
  if (Now() < timetable_->next_look) {
    EXPECT_EQ(early, 0u) << "nothing is owed";
    EXPECT_EQ(NextAttempt(), timetable_->next_look);
  }
  ASSERT_TRUE(Visited(1));
  EXPECT_GE(Now(), timetable_->next_look);
  EXPECT_EQ(Delivered(), "FULL Hello");
  EXPECT_TRUE(Rests()) << "no connection between two looks";
  EXPECT_EQ(NextAttempt(), 0) << "the schedule names no other time";
}

TEST_F(ScheduleWatchTest, MakesUpForALookThatIsOwed) {
  timetable_->owed = Now() - 60;
  timetable_->next_look = Now() + 3600;
  Watch({absl::StrCat(Opening(), Look(true), Read(4))});
  ASSERT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL Hello");
  ASSERT_TRUE(Rests());
  EXPECT_EQ(NextAttempt(), timetable_->next_look);
}

// By a clock that was a month ahead its next look would be that far away.
TEST_F(ScheduleWatchTest, LooksInTimeThoughTheClockWasPutBack) {
  account_.type = AccountType::kPop3;
  timetable_->next_look = Now() + 30 * 24 * 3600;
  Watch({"S: +OK hi\n"});
  ASSERT_TRUE(Rests());
  EXPECT_EQ(NextAttempt(), timetable_->next_look);
  timetable_->next_look = Now() + 2;
  watches_->PresenceChanged("");
  EXPECT_EQ(NextAttempt(), timetable_->next_look);
  EXPECT_TRUE(Until([this] { return dialer_->dialled() > 0; }, kPatience));
}

TEST_F(ScheduleWatchTest, SendsADigestWhenItLooks) {
  timetable_->owed = Now();
  account_.interval_seconds = 3600;
  peers_.show = edge::v1::SHOW_AWAY;
  Watch({absl::StrCat(Opening(),
                      "C: A3 UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE)\n"
                      "S: * 2 FETCH (UID 9 RFC822.SIZE 20 INTERNALDATE \"",
                      absl::FormatTime("%d-%b-%Y %H:%M:%S +0000", absl::Now(), absl::UTCTimeZone()),
                      "\")\nS: A3 OK\n", Read(4))});
  ASSERT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "DIGEST Hello") << "the next look may be days away";
}

TEST_F(ScheduleWatchTest, LooksWhenAskedTo) {
  timetable_->next_look = Now() + 3600;
  Watch({absl::StrCat(Opening(), Look(false))});
  ASSERT_TRUE(Rests());
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(1));
}

TEST_F(ScheduleWatchTest, QuietHoursHoldMailUntilTheirEnd) {
  timetable_->has_schedule = false;
  timetable_->quiet_until = Now() + kSoon;
  Watch({absl::StrCat(Opening(), Look(true), kIdle,
                      "C: DONE\nS: A4 OK\nC: A5 NOOP\nS: A5 OK\n"
                      "C: A6 UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE)\n"
                      "S: * 2 FETCH (UID 9 RFC822.SIZE 20 INTERNALDATE "
                      "\"22-Nov-2020 07:00:00 +0000\")\nS: A6 OK\n",
                      Read(7), "C: A8 IDLE\nS: + idling\n")});
  ASSERT_TRUE(Until([this] { return !dialer_->streams.empty() && bouts_.size() == 0; }));
  const std::string early = Delivered();
  if (Now() < timetable_->quiet_until) {
    EXPECT_EQ(early, "");
  }
  ASSERT_TRUE(Until([this] { return Delivered() != ""; }, kPatience));
  EXPECT_EQ(Delivered(), "FULL Hello");
  EXPECT_GE(Now(), timetable_->quiet_until);
  EXPECT_TRUE(Played());
}

// The schedule names a time in the quiet hours, and no other.
TEST_F(ScheduleWatchTest, WhatAScheduledLookLeftInQuietHoursComesAtTheirEnd) {
  timetable_->owed = Now();
  timetable_->next_look = Now() + 3600;
  timetable_->quiet_until = Now() + kSoon;
  Watch({absl::StrCat(Opening(), Look(true)), absl::StrCat(Opening(), Look(true), Read(4))});
  ASSERT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "");
  ASSERT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(ScheduleWatchTest, AConnectionToItsServerIsAReasonToLook) {
  timetable_->when_connected = true;
  Watch({absl::StrCat(Opening(), Look(true), Read(4)), "S: * OK another\n"});
  ASSERT_TRUE(Rests());
  EXPECT_EQ(NextAttempt(), 0);
  watches_->HostReached("smtp.example.org");
  LetTimePass(milliseconds(300));
  EXPECT_EQ(dialer_->dialled(), 0u);
  watches_->HostReached("imap.example.org");
  ASSERT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL Hello");
  ASSERT_TRUE(Rests());
  watches_->HostReached("imap.example.org");
  LetTimePass(milliseconds(300));
  EXPECT_EQ(dialer_->dialled(), 1u) << "within a minute of the last look";
}

TEST_F(ScheduleWatchTest, AnotherAccountOfTheServerGivesTheReason) {
  timetable_->when_connected = true;
  Watch(
      {absl::StrCat(Opening(), Look(false), kIdle), absl::StrCat(Opening(), Look(true), Read(4))});
  ASSERT_TRUE(Rests());
  BeAnotherAccount("other");
  account_.timetable = nullptr;
  PutAccount();
  ASSERT_TRUE(Visited(1));
  EXPECT_EQ(dialer_->dialled(), 2u);
  EXPECT_EQ(Delivered(), "FULL Hello");
}

// Else two of them would wake one another for ever.
TEST_F(ScheduleWatchTest, ALookThatHadSuchAReasonGivesNoneToOthers) {
  timetable_->when_connected = true;
  Watch({absl::StrCat(Opening(), Look(false)), absl::StrCat(Opening(), Look(false)),
         "S: * OK nobody is expected\n"});
  ASSERT_TRUE(Rests());
  BeAnotherAccount("acc2");
  PutAccount();
  ASSERT_TRUE(Until([this] { return watches_->Watched().size() == 2; }));
  watches_->HostReached("imap.example.org");
  ASSERT_TRUE(Visited(2));
  LetTimePass(milliseconds(500));
  EXPECT_EQ(dialer_->dialled(), 2u);
}

TEST_F(ScheduleWatchTest, AnAccountWithoutSuchAScheduleIsLeftAlone) {
  timetable_->next_look = Now() + 3600;
  Watch({absl::StrCat(Opening(), Look(false))});
  ASSERT_TRUE(Rests());
  watches_->HostReached("imap.example.org");
  LetTimePass(milliseconds(300));
  EXPECT_EQ(dialer_->dialled(), 0u);
}

}  // namespace
}  // namespace postern::fetcher
