#include "services/sender/outbox/outbox.h"

#include "tests/unit/sender/outbox_fixture.h"

namespace postern::sender {
namespace {

TEST_F(OutboxTest, GivesBackWhatWasPut) {
  const Receipt receipt = Put("work", "k1");
  EXPECT_EQ(receipt.message_id, "k1@example.org");
  EXPECT_FALSE(receipt.duplicate);

  const TakenMail mail = TakeOne();
  EXPECT_EQ(mail.lease.queue_id, receipt.queue_id);
  EXPECT_EQ(mail.account_id, "work");
  EXPECT_EQ(mail.owner, "ann@jabber.example");
  EXPECT_EQ(mail.message_id, "k1@example.org");
  EXPECT_EQ(mail.envelope.from, "ann@example.org");
  EXPECT_EQ(mail.envelope.to, (std::vector<std::string>{"bob@example.net", "eve@example.net"}));
  EXPECT_EQ(mail.envelope.size, 12u);
  EXPECT_EQ(mail.attempts, 1);
  EXPECT_FALSE(mail.uncertain);
  EXPECT_TRUE(Take().mails.empty()) << "taken already";
}

TEST_F(OutboxTest, AnswersARepeatedRequestAsTheFirst) {
  const Receipt first = Put("work", "k1");
  const Receipt again = Put("work", "k1");
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.queue_id, first.queue_id);
  EXPECT_EQ(again.message_id, first.message_id);
  EXPECT_EQ(List().total, 1u);

  // And when the mail is long gone.
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_TRUE(Await(io_, outbox_->Reported(Reports().front())).ok());
  EXPECT_EQ(List().total, 0u);
  EXPECT_TRUE(Put("work", "k1").duplicate);
  EXPECT_TRUE(Take().mails.empty());
}

TEST_F(OutboxTest, LeavesNothingBehindButTheKey) {
  Put("work", "k1");
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_TRUE(Await(io_, outbox_->Reported(Reports().front())).ok());
  EXPECT_EQ(Keys(), 3) << "and the two counters";
}

TEST_F(OutboxTest, SaysWhichQueueIsFull) {
  OutboxLimits limits;
  limits.per_account = 2;
  limits.total = 3;
  Use(limits);
  Put("work", "k1");
  Put("work", "k2");
  const auto third = Await(io_, outbox_->Put(MailFor("work", "k3"))).status();
  EXPECT_EQ(third.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(
      third.message(),
      "2 mails of this account wait to be sent already; try again when some of them have left");
  Put("home", "k4");
  const auto fifth = Await(io_, outbox_->Put(MailFor("other", "k5"))).status();
  EXPECT_EQ(fifth.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Put("work", "k1").duplicate) << "no room is needed for what is there";

  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_TRUE(Await(io_, outbox_->Reported(Reports().front())).ok());
  EXPECT_FALSE(Put("work", "k3").duplicate);
}

TEST_F(OutboxTest, PassesOverBusyAccounts) {
  for (int i = 0; i < 20; ++i) Put("slow", absl::StrCat("s", i));
  Put("quick", "q");
  const TakeResult taken = Take({"slow"});
  ASSERT_EQ(taken.mails.size(), 1u);
  EXPECT_EQ(taken.mails[0].account_id, "quick");
  EXPECT_TRUE(Take({"slow"}).mails.empty());
  EXPECT_EQ(TakeOne().account_id, "slow");
}

TEST_F(OutboxTest, RetriesWhatIsPendingWhenItIsDue) {
  Put("work", "k1");
  Settlement half = AllPending(150ms);
  half.pending = {"eve@example.net"};
  half.outcomes = {Done(Outcome::Kind::kSent, "bob@example.net", "250 ok")};
  EXPECT_TRUE(Settle(TakeOne().lease, half).ok());
  const TakeResult early = Take();
  EXPECT_TRUE(early.mails.empty());
  ASSERT_TRUE(early.next_due.has_value());
  EXPECT_GT(*early.next_due, 0ms);
  EXPECT_LE(*early.next_due, 150ms);
  EXPECT_EQ(List().mails.at(0).error, "the server said: 451 later");

  Pause(200ms);
  const TakenMail again = TakeOne();
  EXPECT_EQ(again.envelope.to, std::vector<std::string>{"eve@example.net"});
  EXPECT_EQ(again.attempts, 2);
  EXPECT_EQ(again.message_id, "k1@example.org");
}

TEST_F(OutboxTest, RefusesAStaleToken) {
  OutboxLimits limits;
  limits.lease = 50ms;
  Use(limits);
  Put("work", "k1");
  const Lease first = TakeOne().lease;
  EXPECT_TRUE(Await(io_, outbox_->Recover())->empty()) << "still held";
  Pause(100ms);
  EXPECT_EQ(*Await(io_, outbox_->Recover()), std::vector<std::string>{first.queue_id});

  const TakenMail second = TakeOne();
  EXPECT_EQ(second.lease.queue_id, first.queue_id);
  EXPECT_EQ(second.attempts, 2);
  EXPECT_NE(second.lease.token, first.token);
  EXPECT_TRUE(absl::IsAborted(Await(io_, outbox_->MarkDot(first))));
  EXPECT_TRUE(absl::IsAborted(Settle(first, AllSent())));
  EXPECT_TRUE(absl::IsAborted(Await(io_, outbox_->Release(first))));
  EXPECT_EQ(*Await(io_, outbox_->Renew({first, second.lease})),
            std::vector<std::string>{first.queue_id});
  EXPECT_TRUE(Await(io_, outbox_->MarkDot(second.lease)).ok());
  EXPECT_TRUE(Settle(second.lease, AllSent()).ok());
}

TEST_F(OutboxTest, RenewedLeasesDoNotRunOut) {
  OutboxLimits limits;
  limits.lease = 200ms;
  Use(limits);
  Put("work", "k1");
  const Lease lease = TakeOne().lease;
  for (int i = 0; i < 4; ++i) {
    Pause(100ms);
    EXPECT_TRUE(Await(io_, outbox_->Renew({lease}))->empty());
    EXPECT_TRUE(Await(io_, outbox_->Recover())->empty());
  }
}

TEST_F(OutboxTest, CountsWhatWasSentThoughTheLeaseRanOut) {
  OutboxLimits limits;
  limits.lease = 20ms;
  Use(limits);
  Put("work", "k1");
  const Lease lease = TakeOne().lease;
  Pause(50ms);
  EXPECT_EQ(Await(io_, outbox_->Recover())->size(), 1u);
  EXPECT_TRUE(Settle(lease, AllSent()).ok()) << "nobody else has it";
  EXPECT_TRUE(Take().mails.empty());
}

TEST_F(OutboxTest, KnowsOfADotWithoutAnAnswer) {
  OutboxLimits limits;
  limits.lease = 20ms;
  Use(limits);
  Put("work", "k1");
  EXPECT_TRUE(Await(io_, outbox_->MarkDot(TakeOne().lease)).ok());
  Pause(50ms);
  EXPECT_EQ(Await(io_, outbox_->Recover())->size(), 1u);
  const TakenMail again = TakeOne();
  EXPECT_TRUE(again.uncertain);
  EXPECT_EQ(again.message_id, "k1@example.org");
}

TEST_F(OutboxTest, DoesNotHurryWhatEndsItsSenderAgainAndAgain) {
  OutboxLimits limits;
  limits.lease = 20ms;
  Use(limits);
  Put("work", "k1");
  for (int i = 0; i < 2; ++i) {
    TakeOne();
    Pause(50ms);
    EXPECT_EQ(Await(io_, outbox_->Recover())->size(), 1u);
  }
  const TakeResult third = Take();
  EXPECT_TRUE(third.mails.empty());
  EXPECT_GT(third.next_due.value_or(0ms), 60s);
}

TEST_F(OutboxTest, TakesBackWhatIsReleasedAtOnce) {
  Put("work", "k1");
  EXPECT_TRUE(Await(io_, outbox_->Release(TakeOne().lease)).ok());
  EXPECT_EQ(TakeOne().attempts, 1) << "it was not tried";
}

TEST_F(OutboxTest, PausesAndResumesAnAccount) {
  Put("work", "k1");
  Put("work", "k2");
  EXPECT_TRUE(Settle(TakeOne().lease, AllPending(1h, 1h)).ok());
  EXPECT_TRUE(Take().mails.empty()) << "k2 is due, but its account is not";
  Put("work", "k3");
  EXPECT_TRUE(Take().mails.empty()) << "nor is what comes later";
  Put("home", "k4");
  EXPECT_EQ(TakeOne().account_id, "home");
  EXPECT_EQ(*Await(io_, outbox_->PausedAccounts()), std::vector<std::string>{"work"});

  EXPECT_EQ(*Await(io_, outbox_->ResumeAccount("work")), 3);
  EXPECT_TRUE(Await(io_, outbox_->PausedAccounts())->empty());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(TakeOne().account_id, "work");
}

TEST_F(OutboxTest, ASuccessEndsThePause) {
  Put("work", "k1");
  Put("work", "k2");
  const TakenMail first = TakeOne(), second = TakeOne();
  EXPECT_TRUE(Settle(first.lease, AllPending(1h, 1h)).ok());
  EXPECT_TRUE(Settle(second.lease, AllSent()).ok());
  Put("work", "k3");
  EXPECT_EQ(TakeOne().message_id, "k3@example.org");
}

// Redis did it, and its answer was lost.
TEST_F(OutboxTest, ASettlementThatIsRepeatedTellsNobodyTwice) {
  const Receipt receipt = Put("work", "k1");
  const Lease first = TakeOne().lease;
  Settlement half = AllPending(0ms);
  half.outcomes = {Done(Outcome::Kind::kSent, "bob@example.net", "250 ok")};
  half.pending = {"eve@example.net"};
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Settle(first, half).ok());
  std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].outcomes.size(), 1u);
  EXPECT_TRUE(Await(io_, outbox_->Reported(reports[0])).ok());

  Settlement rest;
  rest.outcomes = {Done(Outcome::Kind::kSent, "eve@example.net", "250 ok")};
  const TakenMail second = TakeOne();
  EXPECT_EQ(second.envelope.to, std::vector<std::string>{"eve@example.net"});
  EXPECT_TRUE(absl::IsAborted(Settle(first, half))) << "that was long ago";
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Settle(second.lease, rest).ok());
  reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].outcomes.size(), 1u);
  EXPECT_TRUE(Settle(second.lease, rest).ok()) << "while its author is told";
  EXPECT_TRUE(Reports().empty());
  EXPECT_TRUE(Await(io_, outbox_->Reported(reports[0])).ok());
  EXPECT_EQ(List().total, 0u);
}

TEST_F(OutboxTest, WhoHasAMailAlreadyDoesNotGetItAgainAfterACrash) {
  OutboxLimits limits;
  limits.lease = 20ms;
  Use(limits);
  Put("work", "k1");
  const Lease first = TakeOne().lease;
  Settlement so_far;
  so_far.outcomes = {Done(Outcome::Kind::kSent, "bob@example.net", "250 ok")};
  so_far.pending = {"eve@example.net"};
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Await(io_, outbox_->Pass(first, so_far)).ok());
  EXPECT_TRUE(Reports().empty()) << "it is told with the rest";
  Pause(50ms);
  EXPECT_EQ(Await(io_, outbox_->Recover())->size(), 1u);
  const TakenMail second = TakeOne();
  EXPECT_EQ(second.envelope.to, std::vector<std::string>{"eve@example.net"});
  EXPECT_TRUE(absl::IsAborted(Await(io_, outbox_->Pass(first, so_far))));
  // The second one knows nothing of Bob any more; the first one tells of him once more.
  EXPECT_TRUE(Settle(second.lease, AllSent()).ok());
  const std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  ASSERT_EQ(reports[0].outcomes.size(), 2u);
  EXPECT_EQ(reports[0].outcomes[0].recipient, "bob@example.net");
  EXPECT_EQ(reports[0].outcomes[1].recipient, "eve@example.net");
}

TEST_F(OutboxTest, ListsInTheOrderOfSubmission) {
  const Receipt first = Put("work", "k1");
  Pause(2ms);
  const Receipt second = Put("home", "k2");
  Take();
  QueuePage page = List();
  EXPECT_EQ(page.total, 2u);
  ASSERT_EQ(page.mails.size(), 2u);
  EXPECT_EQ(page.mails[0].queue_id, first.queue_id);
  EXPECT_EQ(page.mails[0].state, "sending");
  EXPECT_EQ(page.mails[1].queue_id, second.queue_id);
  EXPECT_EQ(page.mails[1].state, "waiting");
  EXPECT_EQ(page.mails[1].pending.size(), 2u);
  page = *Await(io_, view_.List(QueueFilter(), "", 1));
  ASSERT_EQ(page.mails.size(), 1u);
  EXPECT_EQ(page.mails[0].queue_id, first.queue_id);
  page = *Await(io_, view_.List(QueueFilter(), page.next, 5));
  EXPECT_EQ(page.next, "");
  ASSERT_EQ(page.mails.size(), 1u);
  EXPECT_EQ(page.mails[0].queue_id, second.queue_id);
  EXPECT_EQ(Await(io_, view_.Find(first.queue_id))->mails.size(), 1u);
  EXPECT_TRUE(Await(io_, view_.Find("other"))->mails.empty());
}

}  // namespace
}  // namespace postern::sender
