// Many at once, two senders, a Redis that dies or is full.
#include <map>
#include <set>

#include "tests/unit/sender/outbox_fixture.h"

namespace postern::sender {
namespace {

using Receipts = std::vector<absl::StatusOr<Receipt>>;

net::Task<void> SettleInto(Outbox& outbox, TakenMail mail,
                           std::map<std::string, absl::Status>& settled) {
  settled[mail.account_id] = co_await outbox.Settle(mail.lease, AllPending(1h));
}

class OutboxCrashTest : public OutboxTest {
 protected:
  // Puts all at the same time; true when all have their answers.
  bool PutTogether(Outbox& outbox, const std::vector<std::string>& keys, Receipts& receipts) {
    const size_t wanted = receipts.size() + keys.size();
    for (const std::string& key : keys) {
      tasks_.Spawn("put", PutInto(outbox, MailFor("work", key), receipts));
    }
    for (int i = 0; i < 1000 && receipts.size() < wanted; ++i) Pause(10ms);
    return receipts.size() == wanted;
  }
  std::vector<std::string> SomeKeys(int count, const std::string& prefix = "k") {
    std::vector<std::string> keys;
    for (int i = 0; i < count; ++i) keys.push_back(absl::StrCat(prefix, i));
    return keys;
  }
  int64_t ScriptCalls() {
    const std::string text = Await(io_, client_->Command({"INFO", "commandstats"}))->text;
    const size_t at = text.find("cmdstat_evalsha:calls=");
    return at == std::string::npos ? 0 : std::atoll(text.c_str() + at + 22);
  }

  net::TaskGroup tasks_{io_.get_executor()};
};

TEST_F(OutboxCrashTest, WhatComesTogetherGoesTogether) {
  Put("work", "first");
  const int64_t before = ScriptCalls();
  Receipts receipts;
  ASSERT_TRUE(PutTogether(*outbox_, SomeKeys(150), receipts));
  for (const auto& receipt : receipts) EXPECT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_LE(ScriptCalls() - before, 6) << "64 at once";
  EXPECT_EQ(List().total, 151u);
}

TEST_F(OutboxCrashTest, EachIsAnsweredByItself) {
  OutboxLimits limits;
  limits.per_account = 3;
  Use(limits);
  Receipts receipts;
  ASSERT_TRUE(PutTogether(*outbox_, {"a", "b", "a", "c", "d"}, receipts));
  ASSERT_TRUE(receipts[0].ok() && receipts[1].ok() && receipts[2].ok() && receipts[3].ok());
  EXPECT_FALSE(receipts[0]->duplicate);
  EXPECT_TRUE(receipts[2]->duplicate);
  EXPECT_EQ(receipts[2]->queue_id, receipts[0]->queue_id);
  EXPECT_EQ(receipts[4].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(List().total, 3u);
}

// Somebody else's value under a key of one account's.
TEST_F(OutboxCrashTest, WhatIsWrongWithOneFailsNoOther) {
  const std::string root = "postern:outbox:{q0}:";
  ASSERT_TRUE(Await(io_, client_->Command({"SET", root + "due:odd", "x"})).ok());
  Receipts receipts;
  tasks_.Spawn("put", PutInto(*outbox_, MailFor("work", "k1"), receipts));
  tasks_.Spawn("put", PutInto(*outbox_, MailFor("odd", "k2"), receipts));
  tasks_.Spawn("put", PutInto(*outbox_, MailFor("home", "k3"), receipts));
  for (int i = 0; i < 1000 && receipts.size() < 3; ++i) Pause(10ms);
  ASSERT_EQ(receipts.size(), 3u);
  EXPECT_TRUE(receipts[0].ok()) << receipts[0].status();
  EXPECT_TRUE(absl::IsDataLoss(receipts[1].status())) << receipts[1].status();
  EXPECT_TRUE(receipts[2].ok()) << receipts[2].status();
  ASSERT_TRUE(Await(io_, client_->Command({"DEL", root + "due:odd"})).ok());
  EXPECT_FALSE(Put("odd", "k2").duplicate) << "nothing was left of the first time";
}

TEST_F(OutboxCrashTest, ASettlementThatCannotBeWrittenFailsNoOther) {
  Put("work", "k1");
  Put("odd", "k2");
  Put("home", "k3");
  TakeRequest request;
  request.accounts = 3;
  const TakeResult taken = *Await(io_, outbox_->Take(request));
  ASSERT_EQ(taken.mails.size(), 3u);
  const std::string key = "postern:outbox:{q0}:due:odd";
  ASSERT_TRUE(Await(io_, client_->Command({"SET", key, "x"})).ok());
  std::map<std::string, absl::Status> settled;
  for (const TakenMail& mail : taken.mails) {
    tasks_.Spawn("settle", SettleInto(*outbox_, mail, settled));
  }
  for (int i = 0; i < 1000 && settled.size() < 3; ++i) Pause(10ms);
  EXPECT_TRUE(settled["work"].ok()) << settled["work"];
  EXPECT_TRUE(settled["home"].ok()) << settled["home"];
  EXPECT_TRUE(absl::IsInternal(settled["odd"])) << settled["odd"];
  const auto in_line =
      Await(io_, client_->Command({"ZSCORE", "postern:outbox:{q0}:accounts", "work"}));
  EXPECT_FALSE(in_line->IsNil());
}

TEST_F(OutboxCrashTest, TwoSendersSideBySide) {
  auto client = *store::RedisClient::Create(io_.get_executor(), redis_.url());
  Outbox other(io_.get_executor(), *client, OutboxLimits());
  Receipts receipts, others;
  const std::vector<std::string> keys = SomeKeys(40);
  for (const std::string& key : keys) {
    tasks_.Spawn("put", PutInto(*outbox_, MailFor("work", key), receipts));
    tasks_.Spawn("put", PutInto(other, MailFor("work", key), others));
  }
  for (int i = 0; i < 1000 && receipts.size() + others.size() < 80; ++i) Pause(10ms);
  EXPECT_EQ(List().total, 40u) << "each key once, whoever was first";

  TakeRequest request;
  request.mails_each = 7;
  std::set<std::string> taken;
  for (size_t before = 1; before != taken.size();) {
    before = taken.size();
    for (Outbox* outbox : {&*outbox_, &other}) {
      const TakeResult result = *Await(io_, outbox->Take(request));
      for (const TakenMail& mail : result.mails) {
        EXPECT_TRUE(taken.insert(mail.lease.queue_id).second) << "taken twice";
        EXPECT_TRUE(Settle(mail.lease, AllSent()).ok());
      }
    }
  }
  EXPECT_EQ(taken.size(), 40u);
}

TEST_F(OutboxCrashTest, LosesNothingThatItAcknowledged) {
  for (int round = 0; round < 5; ++round) {
    SCOPED_TRACE(round);
    Receipts receipts;
    const std::vector<std::string> keys = SomeKeys(300, absl::StrCat("r", round, "-"));
    for (const std::string& key : keys) {
      tasks_.Spawn("put", PutInto(*outbox_, MailFor(absl::StrCat("a", round), key), receipts));
    }
    while (receipts.empty()) Pause(1ms);
    redis_.Kill();
    redis_.Restart();
    for (int i = 0; i < 2000 && receipts.size() < keys.size(); ++i) Pause(10ms);
    ASSERT_EQ(receipts.size(), keys.size());
    for (const auto& receipt : receipts) {
      if (!receipt.ok()) {
        EXPECT_TRUE(absl::IsUnavailable(receipt.status())) << receipt.status();
        continue;
      }
      absl::StatusOr<QueuePage> page = Await(io_, view_.Find(receipt->queue_id));
      for (int i = 0; i < 100 && !page.ok(); ++i) page = Await(io_, view_.Find(receipt->queue_id));
      EXPECT_EQ(page->mails.size(), 1u) << "acknowledged, and lost";
    }
    // Whoever had no answer asks again, and each mail is there once.
    for (const std::string& key : keys) Put(absl::StrCat("a", round), key);
    EXPECT_EQ(*Await(io_, outbox_->CountWaiting({absl::StrCat("a", round)})),
              std::vector<uint64_t>{300});
  }
}

TEST_F(OutboxCrashTest, AFullRedisTakesNoMailAndLetsMailGo) {
  for (int i = 0; i < 3; ++i) Put("work", absl::StrCat("k", i));
  const Lease lease = TakeOne().lease;
  ASSERT_TRUE(Await(io_, client_->Command({"CONFIG", "SET", "maxmemory", "1"})).ok());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(absl::IsUnavailable(Await(io_, outbox_->Put(MailFor("work", "more"))).status()));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);

  // What is there can be sent and reported, which makes room.
  EXPECT_TRUE(Await(io_, outbox_->Renew({lease}))->empty());
  EXPECT_TRUE(Await(io_, outbox_->MarkDot(lease)).ok());
  EXPECT_TRUE(Settle(lease, AllSent()).ok());
  const TakenMail second = TakeOne();
  EXPECT_TRUE(Settle(second.lease, AllPending(1h)).ok());
  const std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_TRUE(Await(io_, outbox_->Reported(reports[0])).ok());
  EXPECT_EQ(List().total, 2u);
  ASSERT_TRUE(Await(io_, client_->Command({"CONFIG", "SET", "maxmemory", "0"})).ok());
  EXPECT_FALSE(Put("work", "more").duplicate) << "nothing of it was there";
}

TEST_F(OutboxTest, KeepsEverythingAcrossAKillOfRedis) {
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Put("work", absl::StrCat("k", i)).queue_id);
  const TakenMail taken = TakeOne();
  EXPECT_TRUE(Await(io_, outbox_->MarkDot(taken.lease)).ok());
  redis_.Kill();
  EXPECT_TRUE(absl::IsUnavailable(Await(io_, outbox_->Put(MailFor("work", "lost"))).status()));
  redis_.Restart();
  for (int i = 0; i < 100 && !Await(io_, view_.Find("")).ok(); ++i) Pause(50ms);

  EXPECT_EQ(List().total, ids.size());
  EXPECT_TRUE(Put("work", "k7").duplicate);
  EXPECT_TRUE(Settle(taken.lease, AllSent()).ok()) << "the lease outlives Redis";
  for (size_t i = 1; i < ids.size(); ++i) EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_TRUE(Take().mails.empty());
}

}  // namespace
}  // namespace postern::sender
