// What authors are told of their mails, and when.

#include "services/sender/outbox/outbox.h"
#include "tests/unit/sender/outbox_fixture.h"

namespace postern::sender {
namespace {

TEST_F(OutboxTest, ReportsUntilItIsHeard) {
  const Receipt receipt = Put("work", "k1");
  Settlement half;
  half.outcomes = {Done(Outcome::Kind::kFailed, "bob@example.net", "550 no\r\nsuch\tuser")};
  half.pending = {"eve@example.net"};
  EXPECT_TRUE(Settle(TakeOne().lease, half).ok());

  std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].queue_id, receipt.queue_id);
  EXPECT_EQ(reports[0].context, std::string("\0\xff\n", 3));
  EXPECT_EQ(reports[0].message_id, "k1@example.org");
  ASSERT_EQ(reports[0].outcomes.size(), 1u);
  EXPECT_EQ(reports[0].outcomes[0].kind, Outcome::Kind::kFailed);
  EXPECT_EQ(reports[0].outcomes[0].recipient, "bob@example.net");
  EXPECT_EQ(reports[0].outcomes[0].reason, Said("550 no  such user"));
  EXPECT_TRUE(Reports().empty()) << "taken";

  // The edge did not hear it; meanwhile the rest of the mail is sent.
  EXPECT_TRUE(Await(io_, outbox_->ReportLater(receipt.queue_id, 0ms)).ok());
  Settlement rest;
  rest.outcomes = {Done(Outcome::Kind::kSent, "eve@example.net", "250 ok")};
  EXPECT_TRUE(Settle(TakeOne().lease, rest).ok());
  EXPECT_EQ(List().mails.at(0).state, "reporting");
  EXPECT_TRUE(Await(io_, outbox_->Reported(reports[0])).ok()) << "now it did, the first part";
  EXPECT_TRUE(absl::IsAborted(Await(io_, outbox_->Reported(reports[0])))) << "once is enough";

  reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  ASSERT_EQ(reports[0].outcomes.size(), 1u);
  EXPECT_EQ(reports[0].outcomes[0].kind, Outcome::Kind::kSent);
  EXPECT_TRUE(Await(io_, outbox_->Reported(reports[0])).ok());
  EXPECT_EQ(List().total, 0u);
}

TEST_F(OutboxTest, TellsOnceThatAMailIsLate) {
  OutboxLimits limits;
  limits.late_after = 50ms;
  Use(limits);
  Put("work", "k1");
  EXPECT_TRUE(Settle(TakeOne().lease, AllPending(1h)).ok());
  EXPECT_EQ(*Await(io_, outbox_->SweepLate()), 0);
  Pause(100ms);
  EXPECT_EQ(*Await(io_, outbox_->SweepLate()), 1);
  EXPECT_EQ(*Await(io_, outbox_->SweepLate()), 0);
  const std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  ASSERT_EQ(reports[0].outcomes.size(), 2u);
  EXPECT_EQ(reports[0].outcomes[0].kind, Outcome::Kind::kDelayed);
  EXPECT_EQ(reports[0].outcomes[0].reason, Said("451 later"));
  EXPECT_TRUE(Await(io_, outbox_->Reported(reports[0])).ok());
  EXPECT_EQ(List().total, 1u) << "it is still to be sent";
}

TEST_F(OutboxTest, DoesNotTellOfTheDelayOfWhatIsSent) {
  OutboxLimits limits;
  limits.late_after = 20ms;
  Use(limits);
  Put("work", "k1");
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  Pause(50ms);
  EXPECT_EQ(*Await(io_, outbox_->SweepLate()), 0);
}

TEST_F(OutboxTest, SuspendsAnAccountWithoutCounting) {
  const Receipt first = Put("work", "k1");
  Pause(2ms);
  Put("work", "k2");
  Pause(2ms);  // the list is in the order of submission, by the millisecond
  Put("home", "k3");
  const Lease lease = TakeOne().lease;
  EXPECT_EQ(lease.queue_id, first.queue_id);
  ASSERT_TRUE(Await(io_, outbox_->Suspend("work", 1h, Said("ask"), lease)).ok());
  EXPECT_EQ(TakeOne().account_id, "home");
  EXPECT_TRUE(Take().mails.empty());
  EXPECT_EQ(List().mails.at(0).attempts, 0u);
  EXPECT_EQ(List().mails.at(0).error, "the server said: ask");
  EXPECT_EQ(List().mails.at(1).error, "the server said: ask");
  EXPECT_EQ(*Await(io_, outbox_->SweepLate()), 2) << "both authors are told now";
  EXPECT_EQ(Reports().size(), 2u);
  ASSERT_TRUE(Await(io_, outbox_->Suspend("work", 1h, Said("ask"))).ok());
  EXPECT_EQ(*Await(io_, outbox_->SweepLate()), 0) << "once";

  EXPECT_EQ(*Await(io_, outbox_->ResumeAccount("work")), 2);
  const TakenMail again = TakeOne();
  EXPECT_EQ(again.lease.queue_id, first.queue_id) << "in the order of submission";
  EXPECT_EQ(again.attempts, 1);
}

TEST_F(OutboxTest, SuspendsNothingByALeaseThatIsLost) {
  Put("work", "k1");
  Lease lease = TakeOne().lease;
  lease.token = "77";
  EXPECT_TRUE(absl::IsAborted(Await(io_, outbox_->Suspend("work", 1h, Said("ask"), lease))));
  Put("work", "k2");
  EXPECT_EQ(TakeOne().message_id, "k2@example.org");
}

TEST_F(OutboxTest, CancelsWhatWaits) {
  const Receipt receipt = Put("work", "k1");
  EXPECT_TRUE(absl::IsNotFound(Await(io_, view_.Cancel("other", Said("why")))));
  const Lease lease = TakeOne().lease;
  EXPECT_TRUE(absl::IsFailedPrecondition(Await(io_, view_.Cancel(receipt.queue_id, Said("why")))));
  EXPECT_TRUE(Settle(lease, AllPending(1h)).ok());
  EXPECT_TRUE(Await(io_, view_.Cancel(receipt.queue_id, Said("why"))).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Await(io_, view_.Cancel(receipt.queue_id, Said("why")))));
  const std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  ASSERT_EQ(reports[0].outcomes.size(), 2u);
  EXPECT_EQ(reports[0].outcomes[1].kind, Outcome::Kind::kFailed);
  EXPECT_EQ(reports[0].outcomes[1].reason, Said("why"));
  EXPECT_EQ(Await(io_, view_.Retry({receipt.queue_id}, true))->now, 0);
  EXPECT_TRUE(Take().mails.empty());
}

}  // namespace
}  // namespace postern::sender
