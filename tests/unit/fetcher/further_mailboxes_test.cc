// A watcher's story with further mailboxes on its connection, on a scripted IMAP server.

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "tests/unit/fetcher/watcher_bench.h"

namespace postern::fetcher {
namespace {

const std::string kLists = MailboxIdentity("imap.example.org", "ann", "Lists");

std::string Opening(const std::string& more_capabilities) {
  return absl::StrCat("S: * OK [CAPABILITY IMAP4rev1] hi\n", "C: A1 LOGIN \"ann\" \"secret\"\n",
                      "S: A1 OK [CAPABILITY IMAP4rev1 IDLE", more_capabilities, "] in\n");
}

std::string Examine(int tag, const std::string& name, uint32_t uid_next, int exists = 1) {
  return absl::StrCat("C: A", tag, " EXAMINE \"", name, "\"\nS: * ", exists, " EXISTS\n",
                      "S: * OK [UIDVALIDITY 7]\nS: * OK [UIDNEXT ", uid_next, "]\nS: A", tag,
                      " OK\n");
}

std::string NoSuch(int tag, const std::string& name) {
  return absl::StrCat("C: A", tag, " EXAMINE \"", name, "\"\nS: A", tag, " NO no such mailbox\n");
}

std::string AskLast(int tag, uint32_t last) {
  return absl::StrCat("C: A", tag, " UID FETCH * (UID)\nS: * 1 FETCH (UID ", last, ")\nS: A", tag,
                      " OK\n");
}

std::string Look(int tag, uint32_t above, const std::vector<uint32_t>& uids = {}) {
  std::string script =
      absl::StrCat("C: A", tag, " UID FETCH ", above + 1, ":* (UID RFC822.SIZE INTERNALDATE)\n");
  for (uint32_t uid : uids) {
    absl::StrAppend(&script, "S: * 2 FETCH (UID ", uid,
                    " RFC822.SIZE 20 INTERNALDATE \"22-Nov-2020 07:00:00 +0000\")\n");
  }
  return absl::StrCat(script, "S: A", tag, " OK\n");
}

std::string Read(int tag, uint32_t uid, const std::string& subject) {
  return absl::StrCat("C: A", tag, " UID FETCH ", uid, " (UID BODY.PEEK[]<0.1048576>)\n",
                      "S: * 2 FETCH (UID ", uid, " BODY[]<0> {", subject.size() + 13,
                      "}\nS: Subject: ", subject, "\nS:\nS: )\nS: A", tag, " OK\n");
}

// One that just came: its bytes come along with the look.
std::string LookAndRead(int tag, uint32_t uid, const std::string& subject) {
  return absl::StrCat("C: A", tag, " UID FETCH ", uid,
                      ":* (UID BODY.PEEK[]<0.65536> RFC822.SIZE INTERNALDATE)\n",
                      "S: * 2 FETCH (UID ", uid, " RFC822.SIZE 20 BODY[]<0> {", subject.size() + 13,
                      "}\nS: Subject: ", subject, "\nS:\nS: )\nS: A", tag, " OK\n");
}

std::string Idle(int tag) { return absl::StrCat("C: A", tag, " IDLE\nS: + idling\n"); }

constexpr char kNotify[] =
    "C: A3 NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (MAILBOXES \"Lists\" (MessageNew "
    "MessageExpunge))\nS: A3 OK\n";

// "+ waiting": the server goes on speaking, which after "+ idling" it does not.
std::string NewsOfLists(int tag, uint32_t uid_next) {
  return absl::StrCat("C: A", tag, " IDLE\nS: + waiting\nS: * STATUS Lists (MESSAGES 2 UIDNEXT ",
                      uid_next, ")\nC: DONE\nS: A", tag, " OK\n");
}

std::string Counts(int tag, uint32_t uid_next) {
  return absl::StrCat("C: A", tag, " STATUS \"Lists\" (MESSAGES UIDNEXT UIDVALIDITY)\n",
                      "S: * STATUS \"Lists\" (MESSAGES 1 UIDNEXT ", uid_next,
                      " UIDVALIDITY 7)\nS: A", tag, " OK\n");
}

class FurtherMailboxesTest : public WatcherTest {
 protected:
  FurtherMailboxesTest() {
    account_.more_mailboxes = {"Lists"};
    SetCursor({7, 8, MailboxIdentity("imap.example.org", "ann", "INBOX")});
  }

  void SetListsCursor(uint32_t last_uid) {
    CursorStore store(*redis_);
    auto lease = testing::Await(io_, store.Take("acc", kToken - 1));
    ASSERT_TRUE(lease.ok());
    ASSERT_TRUE(testing::Await(io_, store.AdvanceFurther(*lease, {7, last_uid, kLists})).ok());
  }

  uint32_t ListsCursor() {
    const std::string key = FurtherKey("acc");
    std::vector<std::string> command = {"HGET", key, kLists};
    auto reply = testing::Await(io_, redis_->Command(command));
    uint32_t uid = 0;
    const bool told = reply.ok() && absl::StartsWith(reply->text, "7 ") &&
                      absl::SimpleAtoi(reply->text.substr(2), &uid);
    return told ? uid : 0;
  }
};

TEST_F(FurtherMailboxesTest, BeginAtTheirEnd) {
  Watch({absl::StrCat(Opening(""), Examine(2, "INBOX", 9), Look(3, 8), Examine(4, "Lists", 30),
                      AskLast(5, 29), Look(6, 29), Examine(7, "INBOX", 9), Look(8, 8), Idle(9))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(ListsCursor(), 29u);
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
}

TEST_F(FurtherMailboxesTest, AreCaughtUpWithAndTheOwnOneIsLookedIntoAgain) {
  SetListsCursor(20);
  Watch({absl::StrCat(Opening(""), Examine(2, "INBOX", 9), Look(3, 8), Examine(4, "Lists", 23),
                      Look(5, 20, {22}), Read(6, 22, "Of the list"), Examine(7, "INBOX", 10, 2),
                      LookAndRead(8, 9, "Meanwhile"), Idle(9))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Of the list; FULL Meanwhile");
  EXPECT_EQ(ListsCursor(), 22u);
}

TEST_F(FurtherMailboxesTest, AreLookedIntoWhenTheServerTells) {
  SetListsCursor(20);
  Watch({absl::StrCat(Opening(" NOTIFY"), Examine(2, "INBOX", 9), kNotify, Look(4, 8),
                      Examine(5, "Lists", 21), Look(6, 20), Examine(7, "INBOX", 9), Counts(8, 21),
                      Look(9, 8), NewsOfLists(10, 22), Examine(11, "Lists", 22), Look(12, 20, {21}),
                      Read(13, 21, "News"), Examine(14, "INBOX", 9), Counts(15, 22), Look(16, 8),
                      Idle(17))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL News");
}

// Between the look and the own mailbox it is the open one: no STATUS tells of its news.
TEST_F(FurtherMailboxesTest, LoseNothingThatComesJustBeforeTheyAreLeft) {
  SetListsCursor(20);
  Watch({absl::StrCat(Opening(" NOTIFY"), Examine(2, "INBOX", 9), kNotify, Look(4, 8),
                      Examine(5, "Lists", 21), Look(6, 20), Examine(7, "INBOX", 9), Counts(8, 22),
                      Look(9, 8), Examine(10, "Lists", 22), Look(11, 20, {21}),
                      Read(12, 21, "Just before"), Examine(13, "INBOX", 9), Counts(14, 22),
                      Look(15, 8), Idle(16))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Just before");
}

TEST_F(FurtherMailboxesTest, AreAskedOfThoughTheServerTells) {
  account_.interval_seconds = 1;
  SetListsCursor(20);
  Watch({absl::StrCat(Opening(" NOTIFY"), Examine(2, "INBOX", 9), kNotify, Look(4, 8),
                      Examine(5, "Lists", 21), Look(6, 20), Examine(7, "INBOX", 9), Counts(8, 21),
                      Look(9, 8), Idle(10), "C: DONE\nS: A10 OK\n", Counts(11, 22),
                      Examine(12, "Lists", 22), Look(13, 20, {21}), Read(14, 21, "Untold"),
                      Examine(15, "INBOX", 9), Counts(16, 22), Look(17, 8), Idle(18))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Untold");
}

TEST_F(FurtherMailboxesTest, AreNotReopenedForMailThatIsDeletedAlready) {
  SetListsCursor(20);
  Watch({absl::StrCat(Opening(" NOTIFY"), Examine(2, "INBOX", 9), kNotify, Look(4, 8),
                      Examine(5, "Lists", 25), Look(6, 20), Examine(7, "INBOX", 9), Counts(8, 25),
                      Look(9, 8), Examine(10, "Lists", 25), Look(11, 20), Examine(12, "INBOX", 9),
                      Counts(13, 25), Look(14, 8), Idle(15))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "");
}

TEST_F(FurtherMailboxesTest, LeaveTheOthersAloneWhenOneIsNotThere) {
  account_.more_mailboxes = {"Gone", "Lists"};
  SetListsCursor(20);
  Watch({absl::StrCat(Opening(""), Examine(2, "INBOX", 9), Look(3, 8), NoSuch(4, "Gone"),
                      Examine(5, "Lists", 22), Look(6, 20, {21}), Read(7, 21, "Here"),
                      Examine(8, "INBOX", 9), Look(9, 8), Idle(10))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Here");
  EXPECT_TRUE(Until([this] { return absl::StrContains(LastHealth(), "\"Gone\""); }));
}

TEST_F(FurtherMailboxesTest, AreForgottenWhenTheyAreListedNoMore) {
  SetListsCursor(20);
  account_.more_mailboxes.clear();
  Watch({absl::StrCat(Opening(""), Examine(2, "INBOX", 9), Look(3, 8), Idle(4))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(ListsCursor(), 0u);
}

TEST_F(FurtherMailboxesTest, KeepTheirMailWhileItWaits) {
  SetListsCursor(20);
  peers_.Set(edge::v1::SHOW_DND);
  Watch({absl::StrCat(Opening(""), Examine(2, "INBOX", 9), Look(3, 8), Examine(4, "Lists", 22),
                      Look(5, 20, {21}), Examine(6, "INBOX", 9), Look(7, 8),
                      "C: A8 IDLE\nS: + idling\nC: DONE\nS: A8 OK\nC: A9 NOOP\nS: A9 OK\n",
                      Look(10, 8), Examine(11, "Lists", 22), Look(12, 20, {21}),
                      Read(13, 21, "Waited"), Examine(14, "INBOX", 9), Look(15, 8), Idle(16))});
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  EXPECT_EQ(Delivered(), "");
  peers_.Set(edge::v1::SHOW_ONLINE);
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Waited");
}

TEST_F(FurtherMailboxesTest, MoveNoCursorWithoutTheLease) {
  SetListsCursor(20);
  CursorStore store(*redis_);
  auto old = testing::Await(io_, store.Take("acc", kToken + 1));
  ASSERT_TRUE(old.ok());
  ASSERT_TRUE(testing::Await(io_, store.Take("acc", kToken + 2)).ok());
  EXPECT_EQ(testing::Await(io_, store.AdvanceFurther(*old, {7, 30, kLists})).code(),
            absl::StatusCode::kAborted);
  auto taken = testing::Await(io_, store.TakeFurther(*old, {kLists}));
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ListsCursor(), 20u);
}

}  // namespace
}  // namespace postern::fetcher
