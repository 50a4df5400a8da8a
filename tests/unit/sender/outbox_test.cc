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
