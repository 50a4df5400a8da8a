// A watcher's story with a scripted IMAP server.

#include "tests/unit/fetcher/watcher_bench.h"

namespace postern::fetcher {
namespace {

// --- the pieces of scripts ---------------------------------------------------------

std::string Opening(uint32_t validity, uint32_t uid_next) {
  return absl::StrCat("S: * OK [CAPABILITY IMAP4rev1] hi\n", "C: A1 LOGIN \"ann\" \"secret\"\n",
                      "S: A1 OK [CAPABILITY IMAP4rev1 IDLE] in\n", "C: A2 EXAMINE \"INBOX\"\n",
                      "S: * 1 EXISTS\n", "S: * OK [UIDVALIDITY ", validity, "]\n",
                      "S: * OK [UIDNEXT ", uid_next, "]\n", "S: A2 OK\n");
}

// Where a mailbox ends that is seen first: asked for, for not every UIDNEXT is true.
std::string AskLast(int tag, uint32_t last) {
  return absl::StrCat("C: A", tag, " UID FETCH * (UID)\nS: * 1 FETCH (UID ", last, ")\nS: A", tag,
                      " OK\n");
}

std::string Look(int tag, uint32_t above, std::vector<uint32_t> uids) {
  std::string script =
      absl::StrCat("C: A", tag, " UID FETCH ", above + 1, ":* (UID RFC822.SIZE INTERNALDATE)\n");
  for (uint32_t uid : uids) {
    absl::StrAppend(&script, "S: * 2 FETCH (UID ", uid,
                    " RFC822.SIZE 20 INTERNALDATE \"22-Nov-2020 07:00:00 +0000\")\n");
  }
  return absl::StrCat(script, "S: A", tag, " OK\n");
}

std::string Read(int tag, uint32_t uid, const std::string& subject) {
  const std::string mail = absl::StrCat("Subject: ", subject);
  return absl::StrCat("C: A", tag, " UID FETCH ", uid, " (UID BODY.PEEK[]<0.1048576>)\n",
                      "S: * 2 FETCH (UID ", uid, " BODY[]<0> {", mail.size() + 4, "}\nS: ", mail,
                      "\nS:\nS: )\nS: A", tag, " OK\n");
}

// Several small mails in one answer.
std::string ReadTogether(int tag, const std::string& uids,
                         const std::vector<std::pair<uint32_t, std::string>>& mails) {
  std::string script =
      absl::StrCat("C: A", tag, " UID FETCH ", uids, " (UID BODY.PEEK[]<0.65536>)\n");
  for (const auto& [uid, subject] : mails) {
    absl::StrAppend(&script, "S: * 2 FETCH (UID ", uid, " BODY[]<0> {", subject.size() + 13,
                    "}\nS: Subject: ", subject, "\nS:\nS: )\n");
  }
  return absl::StrCat(script, "S: A", tag, " OK\n");
}

// One that just came: its bytes come along with the look.
std::string LookAndRead(int tag, uint32_t uid, const std::string& subject) {
  return absl::StrCat("C: A", tag, " UID FETCH ", uid,
                      ":* (UID BODY.PEEK[]<0.65536> RFC822.SIZE INTERNALDATE)\n",
                      "S: * 2 FETCH (UID ", uid, " RFC822.SIZE 20 BODY[]<0> {", subject.size() + 13,
                      "}\nS: Subject: ", subject, "\nS:\nS: )\nS: A", tag, " OK\n");
}

std::string Idle(int tag) { return absl::StrCat("C: A", tag, " IDLE\nS: + idling\n"); }
std::string Done(int tag) { return absl::StrCat("C: DONE\nS: A", tag, " OK\n"); }
// Nobody told of news: the server is made to look.
std::string DoneInSilence(int tag) {
  return absl::StrCat(Done(tag), "C: A", tag + 1, " NOOP\nS: A", tag + 1, " OK\n");
}
// Only "+ idling" makes the server fall silent.
std::string Exists(int tag) {
  return absl::StrCat("C: A", tag, " IDLE\nS: + news to come\nS: * 2 EXISTS\n", Done(tag));
}

const std::string kMailbox = MailboxIdentity("imap.example.org", "ann", "INBOX");

TEST_F(WatcherTest, BeginsAtTheEndOfAMailboxItSeesFirst) {
  Watch({absl::StrCat(Opening(7, 19), AskLast(3, 8), Look(4, 8, {}), Idle(5))});
  EXPECT_TRUE(Played());
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{7, 8, kMailbox}));
}

TEST_F(WatcherTest, HandsOnAMailThatComesWhileItIdles) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Exists(4), LookAndRead(5, 9, "Hello"),
                      Idle(6))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
  EXPECT_EQ(Refs(), "7:9");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{7, 9, kMailbox}));
}

TEST_F(WatcherTest, CatchesUpWithWhatCameBetweenAndLeavesOutTheRejected) {
  SetCursor({7, 8, kMailbox});
  peers_.rejected_subject = "Spam";
  Watch({absl::StrCat(Opening(7, 12), Look(3, 8, {9, 10, 11}),
                      ReadTogether(4, "9:11", {{9, "One"}, {10, "Spam"}, {11, "Two"}}), Idle(5))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL One,Two");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{7, 11, kMailbox}));
}

TEST_F(WatcherTest, ReplaysNothingUnderANewUidValidity) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(8, 5), AskLast(3, 499), Look(4, 499, {}), Idle(5))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{8, 499, kMailbox}));
}

TEST_F(WatcherTest, TriesAgainWhenTheEdgeIsBack) {
  SetCursor({7, 8, kMailbox});
  peers_.edge_failures = 1;
  Watch({absl::StrCat(Opening(7, 10), Look(3, 8, {9}), Read(4, 9, "Hello"), Idle(5),
                      DoneInSilence(5), Look(7, 8, {9}), Read(8, 9, "Hello"), Idle(9))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

// The user has just enabled the account, and the edge has not heard of it.
TEST_F(WatcherTest, ReadsAMailInFullAgainWhenTheEdgeDidNotKnowTheAccount) {
  SetCursor({7, 8, kMailbox});
  peers_.edge_failures = 1;
  peers_.edge_failure = grpc::StatusCode::NOT_FOUND;
  Watch({absl::StrCat(Opening(7, 10), Look(3, 8, {9}), Read(4, 9, "Hello"), Idle(5),
                      DoneInSilence(5), Look(7, 8, {9}), Read(8, 9, "Hello"), Idle(9))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(WatcherTest, BeginsAtTheEndOfAnotherMailboxWithTheSameUidValidity) {
  SetCursor({7, 8, MailboxIdentity("imap.example.org", "bob", "INBOX")});
  Watch({absl::StrCat(Opening(7, 500), AskLast(3, 499), Look(4, 499, {}), Idle(5))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{7, 499, kMailbox}));
}

TEST_F(WatcherTest, GoesOnAtItsCursorWithAnAccountThatWasNotListedForAWhile) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4)),
         absl::StrCat(Opening(7, 10), Look(3, 8, {9}), Read(4, 9, "Hello"), Idle(5))});
  EXPECT_TRUE(Played());
  watches_->Leave("acc");
  EXPECT_TRUE(watches_->Watched().empty());
  PutAccount();
  EXPECT_TRUE(Until([this] { return dialer_->dialled() == 2; }));
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(WatcherTest, ForgetsTheCursorOfARemovedAccount) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4)),
         absl::StrCat(Opening(7, 10), Look(3, 9, {}), Idle(4))});
  EXPECT_TRUE(Played());
  watches_->Remove("acc");
  std::vector<std::string> exists = {"EXISTS", "postern:cursor:{acc}"};
  EXPECT_TRUE(Until([&] { return testing::Await(io_, redis_->Command(exists))->integer == 0; }));
}

TEST_F(WatcherTest, KeepsItsLeaseWhenRedisRefusesARenewal) {
  SetCursor({7, 8, kMailbox});
  const std::string script = absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4));
  Watch({script, script});
  EXPECT_TRUE(Played());
  const auto start = steady_clock::now();
  const auto run_until = [&](milliseconds time) {
    io_.restart();
    while (steady_clock::now() - start < time) io_.run_one_for(milliseconds(20));
  };
  run_until(milliseconds(4000));
  std::vector<std::string> full = {"CONFIG", "SET", "maxmemory", "1"};
  ASSERT_TRUE(testing::Await(io_, redis_->Command(full)).ok());
  run_until(milliseconds(6500));  // the renewal at 5 s fails
  full.back() = "0";
  ASSERT_TRUE(testing::Await(io_, redis_->Command(full)).ok());
  run_until(milliseconds(12'000));  // by 10 s a lease not renewed is given up
  EXPECT_EQ(dialer_->dialled(), 1u);
  ASSERT_EQ(watches_->Watched().size(), 1u);
  EXPECT_EQ(watches_->Watched().at(0)->State().state, "idle");
}

// Everybody loses the lease when Redis is away for long.
TEST_F(WatcherTest, RestsBeforeItDialsAgainAfterALostLease) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4), DoneInSilence(4), Look(6, 8, {9}),
                      Read(7, 9, "Hello")),
         Opening(7, 9)});
  EXPECT_TRUE(Until([this] {
    const auto watched = watches_->Watched();
    return !watched.empty() && watched.at(0)->State().state == "idle";
  }));
  std::vector<std::string> gone = {"DEL", "postern:cursor:{acc}", "postern:lease:{acc}"};
  ASSERT_TRUE(testing::Await(io_, redis_->Command(gone)).ok());
  EXPECT_TRUE(watches_->Check("acc").ok());  // the next write tells that the fence is gone
  EXPECT_TRUE(Until([this] { return watches_->Watched().empty(); }));
  EXPECT_FALSE(Until([this] { return dialer_->dialled() > 1; }, milliseconds(500)));
}

TEST_F(WatcherTest, LetsMailWaitUntilThePresenceAllowsIt) {
  SetCursor({7, 8, kMailbox});
  peers_.Set(edge::v1::SHOW_DND);
  Watch({absl::StrCat(Opening(7, 10), Look(3, 8, {9}), Idle(4), DoneInSilence(4), Look(6, 8, {9}),
                      Read(7, 9, "Hello"), Idle(8))});
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  EXPECT_EQ(Delivered(), "");
  peers_.Set(edge::v1::SHOW_ONLINE);
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(WatcherTest, SendsOneDigestForAllMailThatWaits) {
  SetCursor({7, 8, kMailbox});
  peers_.Set(edge::v1::SHOW_AWAY);
  Watch({absl::StrCat(Opening(7, 11), Look(3, 8, {9, 10}),
                      ReadTogether(4, "9:10", {{9, "One"}, {10, "Two"}}), Idle(5))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "DIGEST One,Two");
}

TEST_F(WatcherTest, AnnouncesAMailThatMakesNoSense) {
  SetCursor({7, 8, kMailbox});
  const std::string refused = absl::StrCat(Opening(7, 10), Look(3, 8, {9}),
                                           "C: A4 UID FETCH 9 (UID BODY.PEEK[]<0.1048576>)\n"
                                           "S: * 2 FETCH (UID 9 BODY[]<0> NIL)\nS: A4 OK\n",
                                           Idle(5));
  Watch({refused});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL ?");
}

TEST_F(WatcherTest, TellsTheUserOfAWrongPasswordAndRests) {
  Watch(
      {"S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"secret\"\n"
       "S: A1 NO [AUTHENTICATIONFAILED] Authentication failed.\n"});
  EXPECT_TRUE(Until([this] {
    return LastHealth() ==
           "ERROR imap.example.org refused the login: wrong user name or password (server says: "
           "Authentication failed.)";
  })) << LastHealth();
  const WatchState state = watches_->Watched().at(0)->State();
  EXPECT_EQ(state.state, "waiting");
  EXPECT_GT(state.next_attempt_unix, std::time(nullptr) + 400);
}

TEST_F(WatcherTest, ChecksOnDemandButNotEverySecond) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4), DoneInSilence(4), Look(6, 8, {}),
                      Idle(7))});
  EXPECT_TRUE(Until([this] {
    const auto watched = watches_->Watched();
    return !watched.empty() && watched.at(0)->State().state == "idle";
  }));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_EQ(watches_->Check("acc").code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(WatcherTest, StopsWithItsAccountAndStartsAnewWithOtherSettings) {
  SetCursor({7, 8, kMailbox});
  const std::string script = absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4));
  Watch({script, script});
  EXPECT_TRUE(Played());
  PutAccount();  // the same settings: nothing happens
  EXPECT_EQ(dialer_->dialled(), 1u);
  account_.settings_revision = 2;
  PutAccount();
  EXPECT_TRUE(Until([this] { return dialer_->dialled() == 2; }));
  account_.enabled = false;
  PutAccount();
  EXPECT_TRUE(watches_->Watched().empty());
}

TEST_F(WatcherTest, ClosesAConnectionWhenItsPasswordIsWiped) {
  SetCursor({7, 8, kMailbox});
  account_.sealed_password.clear();
  passwords_.Hold("acc", account_.owner, crypto::Secret("secret"));
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4))});
  EXPECT_TRUE(Played());
  passwords_.Retain({account_.owner});
  watches_->PasswordsWiped();  // this one was not
  EXPECT_FALSE(Until([this] { return !dialer_->ended.empty(); }, milliseconds(200)));
  passwords_.Retain({});
  watches_->PasswordsWiped();
  EXPECT_TRUE(Until([this] { return LastHealth() == "ASKING"; })) << LastHealth();
  EXPECT_EQ(dialer_->ended.size(), 1u);
  EXPECT_EQ(watches_->Watched().at(0)->State().state, "waiting");
  EXPECT_EQ(dialer_->dialled(), 1u);
}

}  // namespace
}  // namespace postern::fetcher
