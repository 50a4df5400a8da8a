// Which mails in hand begin, who gets no more, what providers bear, who sleeps: by values alone.
#include "services/sender/delivery/roster.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "services/sender/delivery/account_sleep.h"
#include "services/sender/delivery/providers.h"

namespace postern::sender {
namespace {

using namespace std::chrono_literals;

class RosterTest : public ::testing::Test {
 protected:
  LaneOf Own(const std::string& account) {
    LaneOf lane;
    lane.lane = absl::StrCat("account ", account);
    lane.host = "smtp.example.org";
    return lane;
  }
  LaneOf Relay() {
    LaneOf lane;
    lane.lane = "relay";
    lane.sessions = 3;
    lane.per_account = lane.per_owner = 2;
    lane.shared = true;
    return lane;
  }
  void Add(const std::string& account, const LaneOf& lane, int count = 1,
           const std::string& owner = "") {
    for (int i = 0; i < count; ++i) {
      TakenMail mail;
      mail.lease.queue_id = absl::StrCat(account, ++mails_);
      mail.lease.token = "1";
      mail.account_id = account;
      mail.owner = owner.empty() ? absl::StrCat(account, "'s owner") : owner;
      roster_.Add(std::move(mail), lane);
    }
  }
  // The account of the mail that begins; "" for none.
  std::string Begin(const std::string& lane) {
    MailInHand* mail = roster_.Begin(lane, now_);
    if (mail != nullptr) begun_.push_back(mail);
    return mail == nullptr ? "" : mail->mail.account_id;
  }
  void FinishOldest() {
    roster_.Carried(*begun_.front(), now_);
    roster_.Done(*begun_.front());
    begun_.erase(begun_.begin());
  }
  bool IsBusy(const std::string& account) {
    return absl::c_linear_search(roster_.WhoIsBusy(now_).accounts, account);
  }

  WorkerLimits limits_;
  Roster roster_{limits_};
  Roster::Time now_ = Roster::Time() + 1000h;
  int mails_ = 0;
  std::vector<MailInHand*> begun_;
};

TEST_F(RosterTest, AnAccountHasItsShareOfSessions) {
  Add("a", Own("a"), 3);
  EXPECT_EQ(Begin("account a"), "a");
  EXPECT_EQ(Begin("account a"), "a");
  EXPECT_EQ(Begin("account a"), "");
  EXPECT_TRUE(IsBusy("a"));
  EXPECT_EQ(Begin("account b"), "") << "of a lane that is not known";
  FinishOldest();
  EXPECT_EQ(Begin("account a"), "a");
}

TEST_F(RosterTest, AnOwnersAccountsShareWhatAnOwnerHas) {
  for (const char* account : {"a", "b", "c"}) Add(account, Own(account), 2, "ann");
  EXPECT_EQ(Begin("account a") + Begin("account a") + Begin("account b") + Begin("account b"),
            "aabb");
  EXPECT_EQ(Begin("account c"), "");
  EXPECT_EQ(roster_.WhoIsBusy(now_).owners.front(), "ann");
  EXPECT_EQ(roster_.BeginStalled(now_), nullptr);
  FinishOldest();
  MailInHand* waited = roster_.BeginStalled(now_);
  ASSERT_NE(waited, nullptr);
  EXPECT_EQ(waited->mail.account_id, "c") << "what was kept waiting comes first";
}

TEST_F(RosterTest, AHostIsNotOverrun) {
  for (int i = 0; i < 40; ++i) Add(absl::StrCat(i), Own(absl::StrCat(i)), 2);
  size_t began = 0;
  for (int i = 0; i < 40; ++i) {
    while (!Begin(absl::StrCat("account ", i)).empty()) ++began;
  }
  EXPECT_EQ(began, limits_.per_host);
  LaneOf elsewhere = Own("x");
  elsewhere.host = "smtp.example.net";
  Add("x", elsewhere);
  EXPECT_EQ(Begin("account x"), "x") << "another host";
}

TEST_F(RosterTest, AccountsTakeTurnsInASharedLane) {
  Add("many", Relay(), 10);
  Add("one", Relay());
  Add("two", Relay());
  EXPECT_EQ(Begin("relay"), "many");
  EXPECT_EQ(Begin("relay"), "one");
  EXPECT_EQ(Begin("relay"), "two");
  EXPECT_EQ(Begin("relay"), "") << "its sessions are all in use";
  EXPECT_EQ(roster_.WhoIsBusy(now_).full_lanes, std::vector<std::string>{"relay"});
  FinishOldest();
  EXPECT_EQ(Begin("relay"), "many");
}

TEST_F(RosterTest, AFullLaneKeepsNobodyElseWaiting) {
  Add("many", Relay(), 10);
  while (!Begin("relay").empty()) {
  }
  Add("b", Own("b"));
  EXPECT_EQ(Begin("account b"), "b");
}

TEST_F(RosterTest, PreparesForSessionsThatGoOnQuickly) {
  Add("a", Own("a"), 2);
  EXPECT_EQ(roster_.MoreWanted("a", now_), 0u) << "nothing of it went yet";
  Begin("account a");
  now_ += 10ms;
  FinishOldest();
  EXPECT_EQ(roster_.MoreWanted("a", now_), 16u);
  EXPECT_EQ(roster_.MoreWanted("a", now_), 0u) << "is being asked for";
  EXPECT_TRUE(IsBusy("a"));
  roster_.Got("a", 16, 3);
  EXPECT_EQ(roster_.MoreWanted("a", now_), 0u) << "there are no more";
  EXPECT_FALSE(IsBusy("a"));
  Add("a", Own("a"));
  EXPECT_EQ(roster_.MoreWanted("a", now_), 16u) << "new ones came";
}

TEST_F(RosterTest, PreparesNothingForASlowServer) {
  Add("a", Own("a"), 2);
  Begin("account a");
  now_ += 5s;
  FinishOldest();
  EXPECT_EQ(roster_.MoreWanted("a", now_), 0u);
}

TEST_F(RosterTest, AMinutesBudgetIsKept) {
  LaneOf lane = Own("a");
  lane.mails_a_minute = 3;
  Add("a", lane, 5);
  std::string began;
  for (int i = 0; i < 5; ++i) {
    began += Begin("account a");
    if (!begun_.empty()) FinishOldest();
    now_ += 1s;
  }
  EXPECT_EQ(began, "aaa");
  EXPECT_TRUE(IsBusy("a"));
  ASSERT_TRUE(roster_.NextAllowance(now_));
  EXPECT_EQ(*roster_.NextAllowance(now_) - now_, 55s);
  now_ += 55s;
  EXPECT_FALSE(roster_.NextAllowance(now_));
  EXPECT_NE(roster_.BeginStalled(now_), nullptr);
}

TEST_F(RosterTest, WhatIsGivenBackDoesNotBegin) {
  Add("a", Own("a"), 2);
  const auto ready = roster_.ReadyOf("a");
  ASSERT_EQ(ready.size(), 2u);
  for (MailInHand* mail : ready) roster_.Done(*mail);
  EXPECT_EQ(Begin("account a"), "");
  EXPECT_EQ(roster_.InHand(), 0u);
  roster_.Tidy(now_);
  Add("a", Own("a"));
  EXPECT_EQ(Begin("account a"), "a");
}

TEST_F(RosterTest, WhatWasBrokenOffLeavesNobodyBehind) {
  Add("a", Own("a"), 3);
  EXPECT_EQ(Begin("account a"), "a");
  EXPECT_EQ(Begin("account a"), "a");
  EXPECT_EQ(Begin("account a"), "");
  // Their leases are lost, and their sessions end with them.
  for (MailInHand* mail : begun_) roster_.Done(*mail);
  begun_.clear();
  EXPECT_NE(roster_.BeginStalled(now_), nullptr);
  EXPECT_EQ(roster_.BeginStalled(now_), nullptr);
}

TEST_F(RosterTest, ForgetsAccountsThatRest) {
  Add("a", Own("a"));
  Begin("account a");
  roster_.Tidy(now_ + 10h);
  EXPECT_EQ(roster_.under_way(), 1u) << "not while a mail is under way";
  FinishOldest();
  roster_.Tidy(now_ + 2min);
  EXPECT_EQ(roster_.InHand(), 0u);
  EXPECT_FALSE(IsBusy("a"));
}

TEST(Providers, AreFoundByHost) {
  const struct {
    const char* host;
    size_t sessions, mails_a_minute, recipients, mails_a_session;
  } cases[] = {
      {"smtp.office365.com", 3, 30, 500, 100},
      {"SMTP.Office365.com.", 3, 30, 500, 100},
      {"smtp-mail.outlook.com", 3, 30, 500, 100},
      {"smtp.gmail.com", 2, 0, 100, 100},
      {"smtp.mail.yahoo.com", 2, 0, 100, 20},
      {"mail.gmx.net", 2, 0, 100, 20},
      {"email-smtp.eu-west-1.amazonaws.com", 2, 0, 50, 100},
      {"smtp.example.org", 2, 0, 100, 100},
      {"notoutlook.com", 2, 0, 100, 100},
      {"", 2, 0, 100, 100},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.host);
    const Budget& budget = BudgetOf(c.host);
    EXPECT_EQ(budget.sessions, c.sessions);
    EXPECT_EQ(budget.mails_a_minute, c.mails_a_minute);
    EXPECT_EQ(budget.recipients, c.recipients);
    EXPECT_EQ(budget.mails_a_session, c.mails_a_session);
  }
}

TEST(AccountSleep, KnowsWhatConcernsTheAccount) {
  const struct {
    Step step;
    const char* reply;
    bool concerns;
  } cases[] = {
      {Step::kSession, "421 4.7.0 too many connections", true},
      {Step::kSession, "454 4.7.0 Temporary authentication failure", true},
      {Step::kSession, "451 4.3.0 later", true},
      {Step::kSession, "554 5.7.1 never", false},
      {Step::kSender, "450 4.7.1 slow down", true},
      {Step::kSender, "451 4.7.500 Server busy", true},
      {Step::kSender, "452 4.3.1 no space", false},
      {Step::kSender, "421 come back", true},
      {Step::kSender, "550 5.7.1 not you", false},
      {Step::kRecipient, "450 4.7.1 Greylisted, try again in 5 minutes", false},
      {Step::kRecipient, "451 4.7.1 try again later", false},
      {Step::kRecipient, "452 4.2.2 mailbox full", false},
      {Step::kRecipient, "450 4.7.1 Error: too much mail from 192.0.2.1", true},
      {Step::kContent, "421 4.4.2 Message submission rate for this client has exceeded", true},
      {Step::kContent, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", true},
      {Step::kContent, "451 4.3.0 disk", false},
      {Step::kContent, "421 4.7.0 [TSS04] Messages temporarily deferred", true},
      {Step::kContent, "250 2.0.0 rate limit is fine", false},
      {Step::kContent, "not a reply: too many messages", false},
      {Step::kContent, "", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reply);
    EXPECT_EQ(ConcernsAccount(c.step, c.reply), c.concerns);
  }
}

smtp::Transaction PendingBecause(const std::string& reply) {
  smtp::Transaction transaction({"bob@x.org"});
  transaction.recipients[0].reason = words::Wording{"$0", {reply}};
  return transaction;
}

TEST(AccountSleep, LooksAtTheWholeAttempt) {
  EXPECT_FALSE(ConcernsAccount(PendingBecause("450 4.7.1 greylisted"), absl::OkStatus()));
  smtp::Transaction by_mail = PendingBecause("450 4.7.1 slow down");
  by_mail.sender_refused = true;
  EXPECT_TRUE(ConcernsAccount(by_mail, absl::OkStatus()));
  const absl::Status hung_up = words::Error(
      absl::StatusCode::kUnavailable, words::Word("$0 hung up: $1", "x.org", "421 4.7.0 later"));
  EXPECT_TRUE(ConcernsAccount(smtp::Transaction({"bob@x.org"}), hung_up));
  const absl::Status away =
      words::Error(absl::StatusCode::kUnavailable, words::Word("$0 closed the connection", "x"));
  EXPECT_FALSE(ConcernsAccount(smtp::Transaction({"bob@x.org"}), away));
}

TEST(AccountSleep, AQuotaOfTheDayIsNoFailureForGood) {
  smtp::Transaction transaction = PendingBecause("550 5.4.5 Daily user sending limit exceeded.");
  transaction.recipients[0].fate = smtp::Fate::kFailed;
  PutOffQuotaRefusals(transaction);
  EXPECT_EQ(transaction.recipients[0].fate, smtp::Fate::kPending);
  EXPECT_TRUE(ConcernsAccount(transaction, absl::OkStatus()));
  smtp::Transaction unknown = PendingBecause("550 5.1.1 no such user");
  unknown.recipients[0].fate = smtp::Fate::kFailed;
  PutOffQuotaRefusals(unknown);
  EXPECT_EQ(unknown.recipients[0].fate, smtp::Fate::kFailed);
}

TEST(AccountSleep, GrowsUntilItWorksAgain) {
  SleepLedger ledger;
  auto now = SleepLedger::Clock::time_point() + 1000h;
  for (const milliseconds nap : {milliseconds(1min), milliseconds(5min), milliseconds(15min)}) {
    EXPECT_EQ(ledger.FallAsleep("a", now, 0), nap);
    now += 10s;
    EXPECT_EQ(ledger.FallAsleep("a", now, 0), nap - 10s) << "it sleeps already";
    EXPECT_EQ(ledger.sleeping(now), 1u);
    now += nap;
  }
  EXPECT_EQ(ledger.sleeping(now), 0u);
  ledger.Woke("a");
  EXPECT_EQ(ledger.FallAsleep("a", now, 1), 72s) << "spread";
  EXPECT_EQ(SleepFor(100, 0), milliseconds(4h));
}

}  // namespace
}  // namespace postern::sender
