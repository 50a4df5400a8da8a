// What waits for its date, its schedule or its operator's word.
#include "tests/unit/sender/outbox_fixture.h"

namespace postern::sender {
namespace {

class OutboxGateTest : public OutboxTest {};

TEST_F(OutboxGateTest, WaitsAsItIsTold) {
  const Receipt receipt = PutToWait("work", "k1", 1h);
  EXPECT_GT(receipt.due_ms, 0);
  EXPECT_TRUE(Take().mails.empty());
  EXPECT_EQ(*Await(io_, outbox_->CountWaiting({"work"})), std::vector<uint64_t>{0});
  EXPECT_EQ(*Await(io_, outbox_->ResumeAccount("work")), 1);
  EXPECT_TRUE(Take().mails.empty()) << "a resumed account shortens no mail's own wait";
  EXPECT_EQ(Mail(receipt.queue_id).next_attempt_ms, receipt.due_ms);
  EXPECT_TRUE(Mail(receipt.queue_id).dated);
  EXPECT_EQ(Await(io_, view_.Retry({receipt.queue_id}, true))->now, 1);
  EXPECT_EQ(TakeOne().age, 0ms) << "its time counts from when it was first due";
}

TEST_F(OutboxGateTest, AGateStopsAnAccount) {
  EXPECT_TRUE(Await(io_, outbox_->SetGate("work", 1h)).ok());
  const Receipt receipt = Put("work", "k1");
  Put("home", "k2");
  EXPECT_EQ(TakeOne().account_id, "home");
  EXPECT_TRUE(Take().mails.empty());
  EXPECT_TRUE(Await(io_, outbox_->TakeMore("work", 5))->mails.empty());
  EXPECT_EQ(*Await(io_, outbox_->CountWaiting({"work", "home", "none"})),
            (std::vector<uint64_t>{1, 0, 0}));
  EXPECT_TRUE(Await(io_, outbox_->ResumeAccount("work")).ok());
  EXPECT_TRUE(Take().mails.empty()) << "that is no pause";
  EXPECT_TRUE(Mail(receipt.queue_id).gated);
  EXPECT_FALSE(Mail(receipt.queue_id).dated);
  EXPECT_EQ(Mail(receipt.queue_id).next_attempt_ms, receipt.due_ms);
  EXPECT_TRUE(Await(io_, outbox_->SetGate("work", std::nullopt)).ok());
  EXPECT_EQ(TakeOne().account_id, "work");
}

TEST_F(OutboxGateTest, ARetryOfManyLeavesThoseThatWaitForTheirDate) {
  ASSERT_TRUE(Await(io_, outbox_->SetGate("dated", 1h)).ok());
  ASSERT_TRUE(Await(io_, outbox_->SetGate("gated", 1h)).ok());
  const Receipt dated = PutToWait("dated", "k1", 1h), gated = Put("gated", "k2");
  EXPECT_EQ(Await(io_, view_.Retry({dated.queue_id, gated.queue_id}, false))->now, 1);
  EXPECT_EQ(TakeOne().account_id, "gated");
  EXPECT_TRUE(Take().mails.empty());
  EXPECT_TRUE(Mail(dated.queue_id).dated);
  EXPECT_TRUE(Mail(dated.queue_id).gated) << "nobody's gate is opened for nothing";
  EXPECT_EQ(Await(io_, view_.Retry({dated.queue_id}, true))->now, 1);
  EXPECT_EQ(TakeOne().account_id, "dated");
}

TEST_F(OutboxGateTest, ATriedMailIsNotDated) {
  const Receipt receipt = Put("work", "k1");
  Settlement later;
  later.pending = {"bob@example.net"};
  later.retry_in = 1h;
  EXPECT_TRUE(Await(io_, outbox_->Settle(TakeOne().lease, later)).ok());
  EXPECT_FALSE(Mail(receipt.queue_id).dated);
  EXPECT_EQ(Await(io_, view_.Retry({receipt.queue_id}, false))->now, 1);
}

TEST_F(OutboxGateTest, WhatIsReleasedWaitsNoLongerThanItsGate) {
  ASSERT_TRUE(Await(io_, outbox_->SetGate("work", 1h)).ok());
  const Receipt receipt = Put("work", "k1"), dated = PutToWait("work", "k2", 1h);
  EXPECT_EQ(*Await(io_, view_.Hold({receipt.queue_id, dated.queue_id}, false)), 2);
  EXPECT_EQ(*Await(io_, view_.Hold({receipt.queue_id, dated.queue_id}, true)), 2);
  ASSERT_TRUE(Await(io_, outbox_->SetGate("work", std::nullopt)).ok());
  EXPECT_EQ(TakeOne().lease.queue_id, receipt.queue_id);
  EXPECT_EQ(Mail(dated.queue_id).next_attempt_ms, dated.due_ms);
}

TEST_F(OutboxGateTest, NothingIsLateBehindAGate) {
  OutboxLimits limits;
  limits.late_after = 20ms;
  Use(limits);
  Put("work", "k1");
  EXPECT_TRUE(Await(io_, outbox_->SetGate("work", 100ms)).ok());
  Pause(50ms);
  EXPECT_TRUE(Await(io_, outbox_->SweepLate()).ok());
  EXPECT_TRUE(Reports().empty());
  Pause(100ms);
  EXPECT_TRUE(Await(io_, outbox_->SweepLate()).ok());
  EXPECT_EQ(Reports().size(), 1u) << "the gate has been open long enough";
}

TEST_F(OutboxGateTest, AGateThatOpensEarlyKeepsNobodyInTheDark) {
  OutboxLimits limits;
  limits.late_after = 20ms;
  Use(limits);
  const Receipt receipt = Put("work", "k1");
  EXPECT_TRUE(Await(io_, outbox_->SetGate("work", 24h * 366)).ok());
  Pause(50ms);
  EXPECT_TRUE(Await(io_, outbox_->SweepLate()).ok());
  EXPECT_TRUE(Await(io_, outbox_->SetGate("work", std::nullopt)).ok());
  const auto looked_at_next =
      Await(io_, client_->Command({"ZSCORE", "postern:outbox:{q0}:watch", receipt.queue_id}));
  EXPECT_LT(std::stod(looked_at_next->text), receipt.due_ms + milliseconds(1h).count());
}

TEST_F(OutboxGateTest, AKeyIsKnownLongerThanItsMailMayWait) {
  PutToWait("work", "k1", 24h * 300);
  const auto keys = Await(io_, client_->Command({"KEYS", "postern:outbox:{q0}:key:*"}));
  ASSERT_EQ(keys->items.size(), 1u);
  const auto left = Await(io_, client_->Command({"PTTL", keys->items[0].text}));
  EXPECT_GT(left->integer, milliseconds(24h * 305).count());
  EXPECT_TRUE(Await(io_, view_.TakeBack("ann@jabber.example", "", "k1")).ok());
}

}  // namespace
}  // namespace postern::sender
