// How a watcher sleeps, and that nothing which should wake it is lost.

#include "tests/unit/fetcher/watcher_bench.h"

namespace postern::fetcher {
namespace {

std::string Opening(const std::string& offered = "IDLE") {
  return absl::StrCat("S: * OK [CAPABILITY IMAP4rev1] hi\n", "C: A1 LOGIN \"ann\" \"secret\"\n",
                      "S: A1 OK [CAPABILITY IMAP4rev1 ", offered, "] in\n",
                      "C: A2 EXAMINE \"INBOX\"\nS: * 1 EXISTS\n",
                      "S: * OK [UIDVALIDITY 7]\nS: * OK [UIDNEXT 9]\nS: A2 OK\n");
}

std::string Look(int tag, bool with_mail) {
  const std::string mail =
      "S: * 2 FETCH (UID 9 RFC822.SIZE 20 INTERNALDATE "
      "\"22-Nov-2020 07:00:00 +0000\")\n";
  return absl::StrCat("C: A", tag, " UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE)\n",
                      with_mail ? mail : "", "S: A", tag, " OK\n");
}

std::string Read(int tag) {
  return absl::StrCat("C: A", tag, " UID FETCH 9 (UID BODY.PEEK[]<0.1048576>)\n",
                      "S: * 2 FETCH (UID 9 BODY[]<0> {18}\nS: Subject: Hello\nS:\nS: )\nS: A", tag,
                      " OK\n");
}

// One or a few have come: they are read with the look.
std::string LookAndRead(int tag) {
  return absl::StrCat(
      "C: A", tag, " UID FETCH 9:* (UID BODY.PEEK[]<0.65536> RFC822.SIZE ",
      "INTERNALDATE)\nS: * 2 FETCH (UID 9 RFC822.SIZE 18 INTERNALDATE ",
      "\"22-Nov-2020 07:00:00 +0000\" BODY[]<0> {18}\nS: Subject: Hello\nS:\nS: )\n", "S: A", tag,
      " OK\n");
}

std::string Idle(int tag) { return absl::StrCat("C: A", tag, " IDLE\nS: + idling\n"); }
std::string Done(int tag) { return absl::StrCat("C: DONE\nS: A", tag, " OK\n"); }
std::string Noop(int tag) { return absl::StrCat("C: A", tag, " NOOP\nS: A", tag, " OK\n"); }

class ParkingTest : public WatcherTest {
 protected:
  ParkingTest() { SetCursor({7, 8, MailboxIdentity("imap.example.org", "ann", "INBOX")}); }

  bool IsState(const std::string& state) {
    return Until([&] {
      const auto watched = watches_->Watched();
      return !watched.empty() && watched.at(0)->State().state == state;
    });
  }
  ScriptedDialer::Lingering& Stream() { return *dialer_->streams.back(); }
  bool IsQuiet() {
    return IsState("idle") && Until([this] { return bouts_.size() == 0; });
  }
};

TEST_F(ParkingTest, HasNoCoroutineWhileItIdles) {
  Watch({absl::StrCat(Opening(), Look(3, false), Idle(4))});
  EXPECT_TRUE(Played());
  EXPECT_TRUE(IsQuiet());
  EXPECT_EQ(alarms_.size(), 1u);
}

TEST_F(ParkingTest, HearsOfNewMailAndSendsDoneWithTheQuestionForIt) {
  Watch({absl::StrCat(Opening(), Look(3, false), Idle(4), Done(4), LookAndRead(5), Idle(6))});
  EXPECT_TRUE(IsQuiet());
  const int writes = Stream().writes;
  Stream().SayUnasked("* 2 EXISTS");
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
  EXPECT_EQ(Stream().writes - writes, 2) << "DONE and the look, IDLE";
}

TEST_F(ParkingTest, SleepsOnWhenTheServerTellsNoNews) {
  Watch({absl::StrCat(Opening(), Look(3, false), Idle(4), Done(4), Noop(5))});
  EXPECT_TRUE(IsQuiet());
  for (const char* line : {"* OK Still here", "* 1 RECENT", "* 1 EXISTS", "* 1 FETCH (FLAGS ())"}) {
    Stream().SayUnasked(line);
    EXPECT_EQ(bouts_.size(), 0u) << line;
  }
  EXPECT_TRUE(IsQuiet());
}

// Right behind the "+" of IDLE: read from the socket with it, so the socket says nothing more.
TEST_F(ParkingTest, HearsWhatCameBeforeItSlept) {
  Watch({absl::StrCat(Opening(), Look(3, false), "C: A4 IDLE\nS: + soon\nS: * 2 EXISTS\n", Done(4),
                      LookAndRead(5), Idle(6))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

// EXISTS in the answer to the look itself, of a mail that the answer does not name.
TEST_F(ParkingTest, LooksAgainForWhatCameDuringTheLook) {
  Watch({absl::StrCat(Opening(), "C: A3 UID FETCH 9:* (UID RFC822.SIZE INTERNALDATE)\n",
                      "S: * 2 EXISTS\nS: A3 OK\n", Look(4, true), Read(5), Idle(6))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(ParkingTest, GoesOnWithHalfAnAnswerWhenTheRestIsThere) {
  Watch({absl::StrCat(Opening(), Look(3, false), Idle(4), "C: DONE\nS: yz\nS: )\nS: A4 OK\n",
                      Noop(5), Idle(6))});
  EXPECT_TRUE(IsQuiet());
  Stream().SayUnasked("* 1 FETCH (BODY[1] {4}");
  EXPECT_TRUE(Played());
  EXPECT_TRUE(IsQuiet());
}

TEST_F(ParkingTest, PassesNoChangeOfPresenceWhileItIsBusy) {
  peers_.Set(edge::v1::SHOW_DND);
  Watch({absl::StrCat(Opening(), Look(3, true), Idle(4), Done(4), Noop(5), Look(6, true), Read(7),
                      Idle(8))});
  EXPECT_TRUE(IsQuiet());
  EXPECT_EQ(Delivered(), "");
  peers_.Set(edge::v1::SHOW_ONLINE);
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(ParkingTest, IsNotWokenByAPresenceThatMattersToNoMail) {
  Watch({absl::StrCat(Opening(), Look(3, false), Idle(4))});
  EXPECT_TRUE(IsQuiet());
  const int writes = Stream().writes;
  peers_.Set(edge::v1::SHOW_DND);
  EXPECT_TRUE(Until([this] { return availability_->Of(account_.owner).show == Show::kDnd; }));
  EXPECT_TRUE(IsQuiet());
  EXPECT_EQ(Stream().writes, writes);
}

TEST_F(ParkingTest, ChecksOnceMoreWhenItWasAskedToWhileItWasBusy) {
  Watch({absl::StrCat(Opening(), Look(3, false), Look(4, false), Idle(5))});
  EXPECT_TRUE(IsState("fetching"));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Played());
  EXPECT_TRUE(IsQuiet());
}

TEST_F(ParkingTest, ConnectsAnewWhenTheServerHangsUp) {
  Watch({absl::StrCat(Opening(), Look(3, false), Idle(4)), absl::StrCat(Opening())});
  EXPECT_TRUE(IsQuiet());
  Stream().SayUnasked("* BYE going down");
  EXPECT_TRUE(IsState("waiting"));
  EXPECT_EQ(dialer_->ended.size(), 1u);
  EXPECT_GE(watches_->Watched().at(0)->State().next_attempt_unix, std::time(nullptr) + 25)
      << "not sooner than 30 s after the login";
}

TEST_F(ParkingTest, LeavesAServerThatEndsIdleByItself) {
  Watch({absl::StrCat(Opening(), Look(3, false), Idle(4))});
  EXPECT_TRUE(IsQuiet());
  Stream().SayUnasked("A4 OK idle is over");
  EXPECT_TRUE(IsState("waiting"));
}

TEST_F(ParkingTest, PollsAServerWithoutIdle) {
  account_.interval_seconds = 1;
  Watch(
      {absl::StrCat(Opening("UIDPLUS"), Look(3, false), Noop(4), Look(5, true), Read(6), Noop(7))});
  EXPECT_TRUE(IsState("polling"));
  EXPECT_TRUE(Until([this] { return bouts_.size() == 0; }));
  EXPECT_TRUE(Until([this] { return Delivered() == "FULL Hello"; }));
}

// --- it is stopped at any moment -----------------------------------------------------

TEST_F(ParkingTest, StopsInEachState) {
  struct {
    const char* state;
    std::vector<std::string> scripts;
  } const cases[] = {
      {"idle", {absl::StrCat(Opening(), Look(3, false), Idle(4))}},
      {"polling", {absl::StrCat(Opening("UIDPLUS"), Look(3, false), Noop(4))}},
      {"waiting", {}},
      {"fetching", {absl::StrCat(Opening(), Look(3, false))}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.state);
    Watch(c.scripts);
    EXPECT_TRUE(IsState(c.state));
    watches_->Leave("acc");
    EXPECT_TRUE(Until([this] { return dialer_->ended.size() == dialer_->streams.size(); }));
    EXPECT_TRUE(watches_->Watched().empty());
    EXPECT_EQ(bouts_.size(), 0u);
    testing::Await(io_, watches_->Stop());
    watches_.reset();
    EXPECT_EQ(alarms_.size(), 0u);
    testing::Await(io_, loops_.Stop());
  }
}

TEST_F(ParkingTest, EndsABoutWhenItsPasswordIsWiped) {
  account_.sealed_password.clear();
  passwords_.Hold("acc", account_.owner, crypto::Secret("secret"));
  Watch({absl::StrCat(Opening(), Look(3, false), Idle(4))});
  EXPECT_TRUE(Until([this] { return bouts_.size() == 1; }));
  passwords_.Retain({});
  watches_->PasswordsWiped();
  EXPECT_TRUE(Until([this] { return LastHealth() == "ASKING"; })) << LastHealth();
  EXPECT_EQ(bouts_.size(), 0u);
}

}  // namespace
}  // namespace postern::fetcher
