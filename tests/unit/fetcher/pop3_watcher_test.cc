// A watcher's story with a scripted POP3 server.

#include "tests/unit/fetcher/watcher_bench.h"

namespace postern::fetcher {
namespace {

// --- the pieces of scripts ---------------------------------------------------------

const std::string kLogin =
    "S: +OK hi\nC: CAPA\nS: -ERR\nC: USER ann\nS: +OK\nC: PASS secret\nS: +OK in\n";
const std::string kQuit = "C: QUIT\nS: +OK bye\n";

std::string List(const std::vector<std::string>& ids) {
  std::string script = absl::StrCat("C: STAT\nS: +OK ", ids.size(), " 100\n");
  if (ids.empty()) return script;
  absl::StrAppend(&script, "C: UIDL\nS: +OK\n");
  for (size_t i = 0; i < ids.size(); ++i) absl::StrAppend(&script, "S: ", i + 1, " ", ids[i], "\n");
  return absl::StrCat(script, "S: .\n");
}

std::string Received(int year) {
  return absl::StrCat("S: Received: from a by b; 22 Nov ", year, " 07:00:00 +0000\n");
}

std::string Read(int number, const std::string& subject, int year = 2020) {
  return absl::StrCat("C: LIST ", number, "\nS: +OK ", number, " 20\nC: RETR ", number,
                      "\nS: +OK\n", Received(year), "S: Subject: ", subject, "\nS:\nS: .\n");
}

std::string Top(int number, int year) {
  return absl::StrCat("C: TOP ", number, " 0\nS: +OK\n", Received(year), "S:\nS: .\n");
}

constexpr int64_t kNewYear2021 = 1609459200;
const std::string kMailbox = Pop3MailboxIdentity("pop3.example.org", "ann");

class Pop3WatcherTest : public WatcherTest {
 protected:
  Pop3WatcherTest() {
    account_.type = AccountType::kPop3;
    account_.host = "pop3.example.org";
  }

  void SetKnown(const std::vector<std::string>& ids) {
    KnownMails known;
    known.mailbox = kMailbox;
    known.newest_unix = kNewYear2021;
    for (const std::string& id : ids) known.keys.push_back(UidlKey(kMailbox, id));
    CursorStore store(*redis_, "earlier process");
    auto lease = testing::Await(io_, store.Take("acc"));
    ASSERT_TRUE(lease.ok() && lease->has_value());
    ASSERT_TRUE(testing::Await(io_, store.SetKnown(**lease, known)).ok());
    ASSERT_TRUE(testing::Await(io_, store.Release(**lease)).ok());
  }

  size_t CountKnown() {
    CursorStore store(*redis_, "a reader");
    auto known = testing::Await(io_, store.ReadKnown("acc"));
    return known.ok() && known->has_value() ? (*known)->keys.size() : 0;
  }

  // So many connections were played to their ends.
  bool Visited(size_t count) {
    const bool done = Until([&] { return dialer_->ended.size() == count; });
    EXPECT_TRUE(done) << dialer_->ended.size() << " of " << count << " visits";
    for (const std::string& rest : dialer_->ended) EXPECT_EQ(rest, "");
    return done;
  }

  bool IsState(const std::string& state) {
    return Until([&] {
      const auto watched = watches_->Watched();
      return !watched.empty() && watched.at(0)->State().state == state;
    });
  }
};

TEST_F(Pop3WatcherTest, TakesWhatIsThereAsKnownAtFirstSight) {
  Watch({absl::StrCat(kLogin, List({"a", "b"}), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  EXPECT_TRUE(IsState("polling"));
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(CountKnown(), 2u);
}

TEST_F(Pop3WatcherTest, BeginsAnewInAnotherMailbox) {
  SetKnown({"a"});
  account_.login = "bob";
  Watch({absl::StrCat("S: +OK\nC: CAPA\nS: -ERR\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK\n",
                      List({"x", "y", "z"}), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(CountKnown(), 3u);
}

TEST_F(Pop3WatcherTest, HandsOnNewMailInItsOrderAndOnce) {
  SetKnown({"a"});
  peers_.rejected_subject = "Spam";
  Watch({absl::StrCat(kLogin, List({"z", "a", "b", "b", "c"}), Read(1, "One"), Read(3, "Spam"),
                      Read(5, "Two"), kQuit),
         absl::StrCat(kLogin, List({"z", "a", "b", "b", "c"}), kQuit),
         absl::StrCat(kLogin, List({"z", "a", "b", "b", "c", "d"}), Read(6, "Three"), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL One,Two");
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  watches_->Leave("acc");  // and another process goes on
  watches_->Put(account_);
  EXPECT_TRUE(Visited(3));
  EXPECT_EQ(Delivered(), "FULL One,Two; FULL Three");
}

TEST_F(Pop3WatcherTest, DeliversAgainWhatTheEdgeDidNotTake) {
  SetKnown({"a"});
  peers_.edge_failures = 1;
  const std::string script = absl::StrCat(kLogin, List({"a", "b"}), Read(2, "Hello"), kQuit);
  Watch({script, script});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(CountKnown(), 1u);
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(Pop3WatcherTest, ConnectsAtOnceWhenMailNeedWaitNoMore) {
  SetKnown({"a"});
  peers_.Set(edge::v1::SHOW_DND);
  Watch({absl::StrCat(kLogin, List({"a", "b"}), kQuit),
         absl::StrCat(kLogin, List({"a", "b"}), Read(2, "Hello"), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "");
  peers_.Set(edge::v1::SHOW_ONLINE);
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(Pop3WatcherTest, LooksWhenItsUserIsBackThoughNothingWasSeenToWait) {
  SetKnown({"a"});
  Watch({absl::StrCat(kLogin, List({"a"}), kQuit),
         absl::StrCat(kLogin, List({"a", "b"}), Read(2, "Hello"), kQuit)});
  EXPECT_TRUE(Visited(1));
  peers_.Set(edge::v1::SHOW_DND);
  EXPECT_TRUE(Until([this] { return availability_->Of(account_.owner).show == Show::kDnd; }));
  peers_.Set(edge::v1::SHOW_ONLINE);
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(Pop3WatcherTest, SendsADigestWhenItIsDue) {
  SetKnown({"a"});
  peers_.Set(edge::v1::SHOW_AWAY);
  Watch({absl::StrCat(kLogin, List({"a", "b", "c"}), Top(2, 2022), Read(2, "One", 2022),
                      Read(3, "Two", 2022), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "DIGEST One,Two");
}

TEST_F(Pop3WatcherTest, LetsADigestWaitThatIsNotDueYetAndAsksForItsDateOnce) {
  SetKnown({"a"});
  peers_.Set(edge::v1::SHOW_AWAY);
  Watch({absl::StrCat(kLogin, List({"a", "b"}),
                      "C: TOP 2 0\nS: +OK\nS: Subject: no date\nS:\nS: .\n", kQuit),
         absl::StrCat(kLogin, List({"a", "b"}), Read(2, "One"), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "");
  EXPECT_TRUE(watches_->Check("acc").ok());  // sends it, due or not
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "DIGEST One");
}

TEST_F(Pop3WatcherTest, PassesOverWhatCameBeforeItsUser) {
  SetKnown({"a"});
  account_.live_email_only = true;
  peers_.since_unix_ms = kNewYear2021 * 1000;
  Watch({absl::StrCat(kLogin, List({"a", "b", "c"}), Top(2, 2020), Top(3, 2022),
                      Read(3, "Live", 2022), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL Live");
  EXPECT_EQ(CountKnown(), 3u);
}

TEST_F(Pop3WatcherTest, ReplaysNoMailboxWhoseServerGaveAllMailsOtherIds) {
  SetKnown({"a", "b", "c", "d", "e", "f", "g"});
  std::string asked;
  for (int number = 7; number >= 1; --number) asked += Top(number, 2020);
  Watch({absl::StrCat(kLogin, List({"A", "B", "C", "D", "E", "F", "G", "new"}), Top(8, 2022), asked,
                      Read(8, "New", 2022), kQuit),
         absl::StrCat(kLogin, List({"A", "B", "C", "D", "E", "F", "G", "new"}), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL New");
  EXPECT_EQ(CountKnown(), 8u);
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
}

TEST_F(Pop3WatcherTest, LosesNothingOfAMailboxThatWasEmptiedAndFilledAgain) {
  SetKnown({"a", "b", "c"});
  std::string asked, read;
  for (int number = 6; number >= 1; --number) asked += Top(number, 2022);
  for (int number = 1; number <= 6; ++number) read += Read(number, absl::StrCat(number), 2022);
  Watch({absl::StrCat(kLogin, List({"A", "B", "C", "D", "E", "F"}), asked, read, kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL 1,2,3,4,5,6");
}

TEST_F(Pop3WatcherTest, ForgetsNothingWhenTheServerShowsAnEmptyMailbox) {
  SetKnown({"a", "b"});
  Watch({absl::StrCat(kLogin, List({}), kQuit), absl::StrCat(kLogin, List({"a", "b"}), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "");
}

TEST_F(Pop3WatcherTest, ReadsLessOfAMailThatMakesNoSense) {
  SetKnown({"a"});
  Watch({absl::StrCat(kLogin, List({"a", "b"}), "C: LIST 2\nS: nonsense\n"),
         absl::StrCat(kLogin, List({"a", "b"}), "C: TOP 2 0\nS: +OK\nS: Subject: Bad\nS:\nS: .\n",
                      kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(IsState("waiting"));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "FULL Bad");
}

TEST_F(Pop3WatcherTest, StopsWhenItsLeaseIsLost) {
  SetKnown({"a"});
  Watch({absl::StrCat(kLogin, List({"a"}), kQuit), absl::StrCat(kLogin, List({"a", "b"}))});
  EXPECT_TRUE(Visited(1));
  std::vector<std::string> gone = {"DEL", "postern:cursor:{acc}", "postern:lease:{acc}"};
  ASSERT_TRUE(testing::Await(io_, redis_->Command(gone)).ok());
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "");
}

TEST_F(Pop3WatcherTest, TellsTheUserOfAServerWithoutIds) {
  Watch({absl::StrCat(kLogin, "C: STAT\nS: +OK 1 100\nC: UIDL\nS: -ERR what?\n")});
  EXPECT_TRUE(Until([this] {
    return LastHealth() ==
           "ERROR the mail server gives its mails no ids (UIDL), so that new ones can't be told "
           "from old ones; use IMAP if it is offered";
  })) << LastHealth();
}

TEST_F(Pop3WatcherTest, AsksForAPasswordThatIsNotStored) {
  SetKnown({"a"});
  account_.sealed_password.clear();
  Watch({absl::StrCat(kLogin, List({"a", "b"}), Read(2, "Hello"), kQuit)});
  EXPECT_TRUE(Until([this] { return LastHealth() == "ASKING"; })) << LastHealth();
  EXPECT_TRUE(IsState("waiting"));
  EXPECT_EQ(dialer_->dialled(), 0u);
  passwords_.Hold("acc", account_.owner, crypto::Secret("secret"));
  watches_->PasswordArrived("acc");
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL Hello");
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  passwords_.Retain({});
  watches_->PasswordsWiped();
  EXPECT_TRUE(Until([this] { return LastHealth() == "ASKING"; })) << LastHealth();
  EXPECT_EQ(dialer_->dialled(), 1u);
}

TEST_F(Pop3WatcherTest, AsksAgainWhenThePasswordIsRefused) {
  SetKnown({"a"});
  account_.sealed_password.clear();
  passwords_.Hold("acc", account_.owner, crypto::Secret("wrong"));
  Watch({"S: +OK\nC: CAPA\nS: -ERR\nC: USER ann\nS: +OK\nC: PASS wrong\nS: -ERR [AUTH] No.\n",
         absl::StrCat(kLogin, List({"a"}), kQuit)});
  EXPECT_TRUE(Until([this] {
    return LastHealth() ==
           "ASKING pop3.example.org refused the login: wrong user name or password (server says: "
           "No.)";
  })) << LastHealth();
  EXPECT_FALSE(passwords_.Holds("acc"));
  passwords_.Hold("acc", account_.owner, crypto::Secret("secret"));
  watches_->PasswordArrived("acc");
  EXPECT_TRUE(Visited(2));
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; })) << LastHealth();
}

TEST_F(Pop3WatcherTest, RestsAfterAWrongStoredPassword) {
  Watch({"S: +OK\nC: CAPA\nS: -ERR\nC: USER ann\nS: +OK\nC: PASS secret\nS: -ERR [AUTH] No.\n"});
  EXPECT_TRUE(Until([this] { return LastHealth().substr(0, 5) == "ERROR"; })) << LastHealth();
  EXPECT_GT(watches_->Watched().at(0)->State().next_attempt_unix, std::time(nullptr) + 400);
}

}  // namespace
}  // namespace postern::fetcher
