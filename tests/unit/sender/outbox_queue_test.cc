// What waits, who looks at it, and who takes it back.
#include <algorithm>

#include "lib/net/task_group.h"
#include "services/sender/delivery/dot_mark.h"
#include "tests/unit/sender/outbox_fixture.h"

namespace postern::sender {
namespace {

class OutboxQueueTest : public OutboxTest {
 protected:
  absl::Status TakeBack(const std::string& key, const std::string& owner = "ann@jabber.example") {
    return Await(io_, view_.TakeBack(owner, "", key));
  }
};

TEST_F(OutboxQueueTest, TakesSeveralOfSeveralAccounts) {
  for (int i = 0; i < 5; ++i) {
    for (const char* account : {"a", "b", "c"}) Put(account, absl::StrCat(account, i));
  }
  TakeRequest request;
  request.accounts = 2;
  request.mails_each = 3;
  EXPECT_EQ(Await(io_, outbox_->Take(request))->mails.size(), 6u);
  EXPECT_EQ(Await(io_, outbox_->TakeMore("a", 10))->mails.size() +
                Await(io_, outbox_->TakeMore("b", 10))->mails.size() +
                Await(io_, outbox_->TakeMore("c", 10))->mails.size(),
            9u);
  EXPECT_TRUE(Take().mails.empty());
}

TEST_F(OutboxQueueTest, AReportThatCannotBeReadHoldsUpNoOther) {
  const Receipt receipt = Put("work", "k1");
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_TRUE(
      Await(io_, client_->Command({"ZADD", "postern:outbox:{q0}:reporting", "1", "odd"})).ok());
  const std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].queue_id, receipt.queue_id);
}

TEST_F(OutboxQueueTest, ADotIsNotSentOnALeaseThatRanOutSinceItWasMarked) {
  OutboxLimits limits;
  limits.lease = 20ms;
  Use(limits);
  net::TaskGroup tasks(io_.get_executor());
  for (const auto fresh : {0s, 100s}) {
    SCOPED_TRACE(fresh.count());
    Put("work", absl::StrCat("k", fresh.count()));
    const Lease lease = TakeOne().lease;
    DotMark mark(io_.get_executor(), *outbox_, tasks, lease, fresh);
    mark.Begin();
    Pause(50ms);  // the process stands still
    EXPECT_EQ(Await(io_, outbox_->Recover())->size(), 1u);
    EXPECT_EQ(Await(io_, mark.Mark()).ok(), fresh == 100s);
  }
}

TEST_F(OutboxQueueTest, HoldsAndReleases) {
  const Receipt receipt = Put("work", "k1");
  EXPECT_TRUE(absl::IsNotFound(Await(io_, view_.HoldOne("none", false))));
  EXPECT_TRUE(absl::IsFailedPrecondition(Await(io_, view_.HoldOne(receipt.queue_id, true))));
  EXPECT_TRUE(Await(io_, view_.HoldOne(receipt.queue_id, false)).ok());
  EXPECT_TRUE(Take().mails.empty());
  EXPECT_EQ(Await(io_, view_.Retry({receipt.queue_id}, true))->now, 0) << "held is held";
  EXPECT_EQ(*Await(io_, outbox_->ResumeAccount("work")), 0);
  EXPECT_EQ(Mail(receipt.queue_id).state, "held");
  EXPECT_EQ(*Await(io_, view_.Hold({receipt.queue_id, "none"}, true)), 1);
  EXPECT_EQ(TakeOne().lease.queue_id, receipt.queue_id);
  EXPECT_TRUE(absl::IsFailedPrecondition(Await(io_, view_.HoldOne(receipt.queue_id, false))));
}

TEST_F(OutboxQueueTest, WhatItCannotReadStopsNobody) {
  const Receipt receipt = Put("work", "k1");
  const std::string name = "postern:outbox:{q0}:mail:" + receipt.queue_id;
  ASSERT_TRUE(Await(io_, client_->Command({"HDEL", name, "fixed"})).ok());
  ASSERT_TRUE(
      Await(io_, client_->Command({"ZADD", "postern:outbox:{q0}:due:work", "1", "none"})).ok());
  Put("work", "k2");
  TakeRequest request;
  request.mails_each = 5;
  const TakeResult taken = *Await(io_, outbox_->Take(request));
  ASSERT_EQ(taken.mails.size(), 1u);
  EXPECT_EQ(taken.mails[0].message_id, "k2@example.org");
  EXPECT_EQ(Mail(receipt.queue_id).state, "held") << "the operator sees it";
}

TEST_F(OutboxQueueTest, AnAuthorTakesBackWhatNobodyGot) {
  const Receipt receipt = PutToWait("work", "k1", 1h);
  EXPECT_TRUE(absl::IsNotFound(TakeBack("other")));
  EXPECT_TRUE(absl::IsNotFound(TakeBack("k1", "eve@jabber.example")));
  EXPECT_TRUE(TakeBack("k1").ok());
  EXPECT_TRUE(TakeBack("k1").ok()) << "once more";
  EXPECT_EQ(Mail(receipt.queue_id).queue_id, "");
  EXPECT_TRUE(Reports().empty()) << "nobody is told";
  EXPECT_TRUE(Put("work", "k1").duplicate) << "and it does not come back";
  EXPECT_EQ(List().total, 0u);

  const Receipt second = Put("work", "k2");
  EXPECT_TRUE(Await(io_, view_.TakeBack("ann@jabber.example", second.queue_id, "")).ok());
}

TEST_F(OutboxQueueTest, AnAuthorTakesNothingBackThatSomebodyMayHave) {
  Put("sending", "k1");
  TakeOne();
  absl::Status s = TakeBack("k1");
  EXPECT_TRUE(absl::IsFailedPrecondition(s));
  EXPECT_TRUE(words::WordingOf(s).has_value());

  Put("sent", "k2");
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(TakeBack("k2")));
  EXPECT_TRUE(Await(io_, outbox_->Reported(Reports().front())).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(TakeBack("k2"))) << "long gone";

  Put("partly", "k3");
  Settlement half = AllPending(1h);
  half.pending = {"eve@example.net"};
  half.outcomes = {Done(Outcome::Kind::kSent, "bob@example.net", "250 ok")};
  EXPECT_TRUE(Settle(TakeOne().lease, half).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(TakeBack("k3")));

  const Receipt fourth = Put("uncertain", "k4");
  Settlement broken = AllPending(1h);
  broken.uncertain = true;
  EXPECT_TRUE(Settle(TakeOne().lease, broken).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(TakeBack("k4")));
  EXPECT_TRUE(Mail(fourth.queue_id).uncertain);
}

TEST_F(OutboxQueueTest, StaysUncertainUntilItIsSettled) {
  const Receipt receipt = Put("work", "k1");
  Settlement broken = AllPending(0ms);
  broken.uncertain = true;
  EXPECT_TRUE(Settle(TakeOne().lease, broken).ok());
  const TakenMail second = TakeOne();
  EXPECT_TRUE(second.uncertain);
  EXPECT_TRUE(Settle(second.lease, AllPending(0ms)).ok());
  EXPECT_TRUE(Mail(receipt.queue_id).uncertain);
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_FALSE(Mail(receipt.queue_id).uncertain);
}

TEST_F(OutboxQueueTest, TellsNobodyWhoDidNotAsk) {
  OutboxLimits limits;
  limits.late_after = 1ms;
  Use(limits);
  Submission quiet = MailFor("work", "k1");
  quiet.context.clear();
  PutOne(quiet);
  Pause(10ms);
  EXPECT_TRUE(Await(io_, outbox_->SweepLate()).ok());
  EXPECT_TRUE(Reports().empty());
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  EXPECT_TRUE(Reports().empty());
  EXPECT_EQ(List().total, 0u) << "and leaves nothing";
}

TEST_F(OutboxQueueTest, ListsWhatFits) {
  for (int i = 0; i < 5; ++i) Put("work", absl::StrCat("w", i));
  Submission other = MailFor("home", "h");
  other.owner = "eve@jabber.example";
  other.mail.envelope.to = {"x@Sub.Example.net"};
  const Receipt home = PutOne(other);
  EXPECT_TRUE(Await(io_, view_.HoldOne(home.queue_id, false)).ok());
  const auto count = [this](const QueueFilter& filter) {
    return Await(io_, view_.List(filter, "", 100))->mails.size();
  };
  QueueFilter filter;
  EXPECT_EQ(count(filter), 6u);
  filter.account_id = "work";
  EXPECT_EQ(count(filter), 5u);
  filter.state = "held";
  EXPECT_EQ(count(filter), 0u);
  filter = QueueFilter();
  filter.owner = "eve@jabber.example";
  EXPECT_EQ(count(filter), 1u);
  filter = QueueFilter();
  filter.domain = "example.NET";
  EXPECT_EQ(count(filter), 5u) << "a subdomain is another one";
  filter.domain = "sub.example.net";
  EXPECT_EQ(count(filter), 1u);
  EXPECT_TRUE(absl::IsInvalidArgument(Await(io_, view_.List(filter, "x", 1)).status()));
}

TEST_F(OutboxQueueTest, TellsAnAuthorWhatOfTheirsWaits) {
  const std::string ann = "ann@jabber.example";
  const Receipt dated = PutToWait("work", "k1", 2h), sooner = PutToWait("home", "k2", 1h);
  const Receipt held = Put("home", "k3"), sending = Put("work", "k4");
  EXPECT_TRUE(Await(io_, view_.HoldOne(held.queue_id, false)).ok());
  EXPECT_EQ(TakeOne().lease.queue_id, sending.queue_id);
  Submission other = MailFor("home", "k5");
  other.owner = "eve@jabber.example";
  PutOne(other);
  const auto waiting = [&](size_t limit) {
    return *Await(io_, view_.Waiting(ann, {"work", "home"}, limit));
  };
  const QueuePage all = waiting(10);
  std::vector<std::string> ids;
  for (const QueuedMail& mail : all.mails) ids.push_back(mail.queue_id);
  EXPECT_EQ(ids, (std::vector<std::string>{sending.queue_id, held.queue_id, sooner.queue_id,
                                           dated.queue_id}));
  EXPECT_EQ(all.mails[0].state, "sending");
  EXPECT_EQ(all.mails[1].state, "held");
  EXPECT_TRUE(all.mails[2].dated);
  EXPECT_EQ(all.next, "");
  EXPECT_EQ(waiting(2).mails.size(), 2u);
  EXPECT_NE(waiting(2).next, "") << "there is more";
  EXPECT_TRUE(Await(io_, view_.Waiting(ann, {}, 10))->mails.size() <= 1) << "what is being sent";
  EXPECT_TRUE(Await(io_, view_.HoldOne(held.queue_id, true)).ok());
  EXPECT_TRUE(TakeBack("k1").ok());
  EXPECT_EQ(waiting(10).mails.size(), 3u);
}

TEST_F(OutboxQueueTest, KnowsAMailByTheBeginningOfItsId) {
  const Receipt one = Put("work", "k1");
  EXPECT_EQ(*Await(io_, view_.Resolve(one.queue_id)), one.queue_id);
  EXPECT_EQ(*Await(io_, view_.Resolve(one.queue_id.substr(0, 8))), one.queue_id);
  const auto add = [this](const std::string& id) {
    return Await(io_, client_->Command({"ZADD", "postern:outbox:{q0}:all", "1", id})).ok();
  };
  ASSERT_TRUE(add("abcd00000000000000ff") && add("abcd11111111111111ff"));
  const absl::Status several = Await(io_, view_.Resolve("abcd")).status();
  EXPECT_TRUE(absl::IsInvalidArgument(several));
  EXPECT_EQ(several.message(),
            "2 mails begin with abcd: abcd00000000000000ff, abcd11111111111111ff");
  EXPECT_EQ(*Await(io_, view_.Resolve("abcd1")), "abcd11111111111111ff");
  for (const char* none : {"abc", "ffff", "*", "abcd*", "[a-f]bcd", ""}) {
    EXPECT_TRUE(absl::IsNotFound(Await(io_, view_.Resolve(none)).status())) << none;
  }
}

TEST_F(OutboxQueueTest, PagesThroughAll) {
  for (int i = 0; i < 600; ++i) Put(absl::StrCat("a", i % 7), absl::StrCat("k", i));
  std::vector<std::string> ids;
  std::string after;
  do {
    const QueuePage page = *Await(io_, view_.List(QueueFilter(), after, 100));
    for (const QueuedMail& mail : page.mails) ids.push_back(mail.queue_id);
    after = page.next;
  } while (!after.empty());
  EXPECT_EQ(ids.size(), 600u);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST_F(OutboxQueueTest, ResumesManyInSteps) {
  for (int i = 0; i < 700; ++i) PutToWait("work", absl::StrCat("k", i), i % 2 == 0 ? 0ms : 1h);
  TakeRequest request;
  request.mails_each = 64;
  for (;;) {
    const TakeResult taken = *Await(io_, outbox_->Take(request));
    if (taken.mails.empty()) break;
    for (const TakenMail& mail : taken.mails) {
      EXPECT_TRUE(Settle(mail.lease, AllPending(1h, 1h)).ok());
    }
    EXPECT_TRUE(Await(io_, outbox_->SetGate("work", std::nullopt)).ok());
    (void)Await(io_, client_->Command({"HDEL", "postern:outbox:{q0}:account:work", "paused"}));
    (void)Await(io_, client_->Command({"ZADD", "postern:outbox:{q0}:accounts", "1", "work"}));
  }
  EXPECT_EQ(*Await(io_, outbox_->CountWaiting({"work"})), std::vector<uint64_t>{0});
  EXPECT_EQ(*Await(io_, outbox_->ResumeAccount("work")), 700);
  EXPECT_EQ(*Await(io_, outbox_->CountWaiting({"work"})), std::vector<uint64_t>{350});
}

TEST_F(OutboxQueueTest, GivesUpWhatIsTooOld) {
  const Receipt held = Put("work", "k1"), paused = Put("work", "k2");
  EXPECT_TRUE(Await(io_, view_.HoldOne(held.queue_id, false)).ok());
  EXPECT_TRUE(Await(io_, outbox_->Suspend("work", 1h, Said("ask"))).ok());
  for (const std::string& id : {held.queue_id, paused.queue_id}) {
    const std::string mail = "postern:outbox:{q0}:mail:" + id;
    ASSERT_TRUE(Await(io_, client_->Command({"HSET", mail, "first", "1000", "told", "1"})).ok());
    ASSERT_TRUE(
        Await(io_, client_->Command({"ZADD", "postern:outbox:{q0}:watch", "2000", id})).ok());
  }
  EXPECT_GT(*Await(io_, outbox_->SweepLate()), 0);
  const std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 2u);
  for (const Report& report : reports) {
    EXPECT_EQ(report.outcomes.at(0).kind, Outcome::Kind::kFailed);
    EXPECT_EQ(report.outcomes.at(0).reason.arguments.at(0), "5");
  }
  EXPECT_TRUE(Take().mails.empty());
}

TEST_F(OutboxQueueTest, KeepsWhatIsToBeFiled) {
  Submission mail = MailFor("work", "k1");
  mail.to_be_filed = true;
  const Receipt receipt = PutOne(mail);
  Settlement half;
  half.outcomes = {Done(Outcome::Kind::kSent, "bob@example.net", "250 ok")};
  half.pending = {"eve@example.net"};
  EXPECT_TRUE(Settle(TakeOne().lease, half).ok());
  EXPECT_TRUE(Await(io_, outbox_->TakeFilings(5))->empty()) << "not all are settled";
  Settlement rest;
  rest.outcomes = {Done(Outcome::Kind::kFailed, "eve@example.net", "550 no")};
  EXPECT_TRUE(Settle(TakeOne().lease, rest).ok());
  for (const Report& report : Reports()) EXPECT_TRUE(Await(io_, outbox_->Reported(report)).ok());
  EXPECT_EQ(Mail(receipt.queue_id).state, "filing");

  const std::vector<Filing> filings = *Await(io_, outbox_->TakeFilings(5));
  ASSERT_EQ(filings.size(), 1u);
  EXPECT_EQ(filings[0].account_id, "work");
  EXPECT_EQ(filings[0].message_id, "k1@example.org");
  EXPECT_EQ(filings[0].attempts, 1);
  EXPECT_TRUE(Await(io_, outbox_->TakeFilings(5))->empty()) << "taken";
  EXPECT_EQ(*Await(io_, outbox_->Content(receipt.queue_id, 0, 100)), "hello\r\nyou\r\n");
  EXPECT_TRUE(Await(io_, outbox_->FileLater(receipt.queue_id, 0ms)).ok());
  EXPECT_EQ(Await(io_, outbox_->TakeFilings(5))->at(0).attempts, 2);
  EXPECT_TRUE(Await(io_, outbox_->Filed(receipt.queue_id)).ok());
  EXPECT_EQ(List().total, 0u);
}

TEST_F(OutboxQueueTest, FilesNothingThatNobodyGotNorForEver) {
  Submission mail = MailFor("work", "k1");
  mail.to_be_filed = true;
  PutOne(mail);
  Settlement none;
  none.outcomes = {Done(Outcome::Kind::kFailed, "bob@example.net", "550 no"),
                   Done(Outcome::Kind::kFailed, "eve@example.net", "550 no")};
  EXPECT_TRUE(Settle(TakeOne().lease, none).ok());
  EXPECT_TRUE(Await(io_, outbox_->TakeFilings(5))->empty());

  mail.key = "k2";
  const Receipt receipt = PutOne(mail);
  EXPECT_TRUE(Settle(TakeOne().lease, AllSent()).ok());
  const std::string name = "postern:outbox:{q0}:mail:" + receipt.queue_id;
  ASSERT_TRUE(Await(io_, client_->Command({"HSET", name, "sent_at", "1000"})).ok());
  EXPECT_TRUE(Await(io_, outbox_->TakeFilings(5))->empty());
  EXPECT_EQ(Mail(receipt.queue_id).state, "reporting") << "its author is still told";
}

}  // namespace
}  // namespace postern::sender
