// A watcher's story with a scripted POP3 server.

#include "services/fetcher/mail_id.h"
#include "tests/unit/fetcher/pop3_watcher_bench.h"

namespace postern::fetcher {
namespace {

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
  PutAccount();
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
  EXPECT_EQ(Refs(), Pop3MailRef(UidlKey(kMailbox, "b")));
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

TEST_F(Pop3WatcherTest, SendsNoMoreCommandsAtOnceWhereThatWentWrong) {
  const std::string login =
      "S: +OK hi\nC: CAPA\nS: +OK\nS: USER\nS: PIPELINING\nS: .\nC: USER ann\nS: +OK\n"
      "C: PASS secret\nS: +OK in\n";
  const std::string list = List({"a", "b", "c", "d"});
  SetKnown({"a"});
  Watch({absl::StrCat(login, list, "C: LIST 2\nC: LIST 3\nC: LIST 4\nS: +OK 2 20\nS: lost\n"),
         absl::StrCat(login, list, Read(2, "One"), Read(3, "Two"), Read(4, "Three"), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(IsState("waiting"));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "FULL One; FULL Two,Three");
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

TEST_F(Pop3WatcherTest, TellsASecondRefusalOfTheSameWords) {
  SetKnown({"a"});
  account_.sealed_password.clear();
  passwords_.Hold("acc", account_.owner, crypto::Secret("wrong"));
  const std::string refusal =
      "S: +OK\nC: CAPA\nS: -ERR\nC: USER ann\nS: +OK\nC: PASS wrong\nS: -ERR [AUTH] No.\n";
  Watch({refusal, refusal});
  const auto refusals = [this] {
    const std::lock_guard lock(peers_.mutex);
    return std::count_if(peers_.health.begin(), peers_.health.end(),
                         [](const std::string& word) { return word.find("No.") != word.npos; });
  };
  EXPECT_TRUE(Until([&] { return refusals() == 1; })) << LastHealth();
  passwords_.Hold("acc", account_.owner, crypto::Secret("wrong"));
  watches_->PasswordArrived("acc");
  EXPECT_TRUE(Until([&] { return refusals() == 2; })) << LastHealth();
  const std::lock_guard lock(peers_.mutex);
  EXPECT_EQ(peers_.health[peers_.health.size() - 2], "CHECKING");
}

TEST_F(Pop3WatcherTest, SaysNothingOfAMailboxThatIsInUse) {
  SetKnown({"a"});
  HoldPassword();
  const std::string in_use =
      "S: +OK\nC: CAPA\nS: -ERR\nC: USER ann\nS: +OK\nC: PASS secret\nS: -ERR [IN-USE] Busy.\n";
  Watch({in_use, absl::StrCat(kLogin, List({"a"}), kQuit), in_use,
         absl::StrCat(kLogin, List({"a", "b"}), Read(2, "Hello"), kQuit)});
  for (size_t visits = 1; visits <= 4; ++visits) EXPECT_TRUE(VisitedAndGoesOn(visits));
  EXPECT_EQ(Delivered(), "FULL Hello");
  std::lock_guard lock(peers_.mutex);
  EXPECT_EQ(absl::StrJoin(peers_.health, ","), "CHECKING,OK");
}

TEST_F(Pop3WatcherTest, WaitsAsLongAsTheServerWantsAfterSomebodyElsesLogin) {
  login_delays_.Note(account_, std::chrono::seconds(900), steady_clock::now());
  Watch({absl::StrCat(kLogin, List({"a"}), kQuit)});
  EXPECT_TRUE(Until([this] {
    const auto watched = watches_->Watched();
    return !watched.empty() && watched[0]->State().next_attempt_unix > std::time(nullptr) + 800;
  }));
  EXPECT_EQ(dialer_->dialled(), 0u);
}

TEST_F(Pop3WatcherTest, TellsWhenTheServerTakesItsNextLogin) {
  Watch(
      {absl::StrCat("S: +OK hi\nC: CAPA\nS: +OK\nS: USER\nS: LOGIN-DELAY 900\nS: .\nC: USER ann\n"
                    "S: +OK\nC: PASS secret\nS: +OK in\n",
                    List({"a"}), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(IsState("polling"));
  EXPECT_GT(login_delays_.Left(account_, steady_clock::now()), std::chrono::seconds(800));
}

TEST_F(Pop3WatcherTest, RestsAfterAWrongStoredPassword) {
  Watch({"S: +OK\nC: CAPA\nS: -ERR\nC: USER ann\nS: +OK\nC: PASS secret\nS: -ERR [AUTH] No.\n"});
  EXPECT_TRUE(Until([this] { return LastHealth().substr(0, 5) == "ERROR"; })) << LastHealth();
  EXPECT_GT(watches_->Watched().at(0)->State().next_attempt_unix, std::time(nullptr) + 400);
}

}  // namespace
}  // namespace postern::fetcher
