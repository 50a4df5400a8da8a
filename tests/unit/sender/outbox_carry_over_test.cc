// The queue that an older Postern left.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/sender/outbox/carry_over.h"
#include "services/sender/outbox/outbox_codec.h"
#include "services/sender/outbox/outbox_content.h"
#include "tests/unit/sender/old_queue.h"
#include "tests/unit/sender/outbox_fixture.h"

namespace postern::sender {
namespace {

class CarryOverTest : public OutboxTest {
 protected:
  void Do(std::vector<std::string> words) {
    auto reply = Await(io_, client_->Command(words));
    EXPECT_TRUE(reply.ok()) << reply.status();
  }
  int64_t Now() {
    const auto time = Await(io_, client_->Command({"TIME"}));
    return std::stoll(time->items[0].text) * 1000;
  }
  void Write(const OldMail& old) {
    for (std::vector<std::string>& command : CommandsOf(old, Now())) Do(std::move(command));
  }
  int64_t CarryAll() {
    auto carried = Await(io_, CarryOver(*client_));
    EXPECT_TRUE(carried.ok()) << carried.status();
    return carried.value_or(-1);
  }
};

TEST_F(CarryOverTest, WhatWaitedIsSent) {
  OldMail old;
  old.id = "m1";
  Write(old);
  Do({"HSET", OldKey("paused"), "work", absl::StrCat(Now() + 3'600'000)});
  EXPECT_EQ(CarryAll(), 1);
  EXPECT_EQ(CarryAll(), 0);
  const QueuePage page = List();
  ASSERT_EQ(page.mails.size(), 1u);
  EXPECT_EQ(page.mails[0].queue_id, "m1");

  const TakenMail mail = TakeOne();
  EXPECT_EQ(mail.lease.queue_id, "m1");
  EXPECT_EQ(mail.message_id, "m1@example.org");
  EXPECT_EQ(mail.envelope.from, "ann@example.org");
  EXPECT_EQ(mail.envelope.to.size(), 2u);
  EXPECT_TRUE(mail.envelope.eight_bit);
  EXPECT_FALSE(mail.envelope.utf8);
  EXPECT_EQ(mail.content, "hello\r\n");
  EXPECT_EQ(mail.attempts, 2);
  EXPECT_FALSE(mail.uncertain);
  // A pause was a hash in those days, and no settlement may stumble over it.
  EXPECT_TRUE(Settle(mail.lease, AllPending(0ms, 50ms)).ok());
  Pause(60ms);
  Outcome sent = Done(Outcome::Kind::kSent, "bob@example.net", "250 ok");
  Settlement settlement;
  settlement.outcomes = {sent};
  EXPECT_TRUE(Settle(TakeOne().lease, settlement).ok());
  const std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].context, "the\ncontext");
  EXPECT_TRUE(Await(io_, outbox_->Reported(reports[0])).ok());
  EXPECT_EQ(List().total, 0u);
  EXPECT_EQ(Await(io_, client_->Command({"GET", OldKey("bytes")}))->text, "0");
  EXPECT_EQ(Keys(), 2) << "but for what counts mails and bytes";
}

TEST_F(CarryOverTest, WhatWasBeingSentIsRecoveredAndWhatWasSentIsReported) {
  OldMail sending, unsure, reporting;
  sending.id = "m1";
  sending.state = "sending";
  sending.phase = "dot";
  unsure.id = "m2";
  unsure.phase = "dot";
  reporting.id = "m3";
  reporting.state = "reporting";
  reporting.report = EncodeOutcomes({Done(Outcome::Kind::kFailed, "bob@example.net", "550 no")});
  for (const OldMail& old : {sending, unsure, reporting}) Write(old);
  EXPECT_EQ(CarryAll(), 3);
  EXPECT_EQ(Await(io_, outbox_->Recover())->size(), 1u);
  for (int i = 0; i < 2; ++i) {
    const TakenMail mail = TakeOne();
    SCOPED_TRACE(mail.lease.queue_id);
    EXPECT_TRUE(mail.uncertain);
  }
  const std::vector<Report> reports = Reports();
  ASSERT_EQ(reports.size(), 1u);
  ASSERT_EQ(reports[0].outcomes.size(), 1u);
  EXPECT_EQ(reports[0].outcomes[0].recipient, "bob@example.net");
  EXPECT_TRUE(Await(io_, outbox_->Reported(reports[0])).ok());
  EXPECT_EQ(List().total, 2u);
}

TEST_F(CarryOverTest, ManyAndLargeOnes) {
  OldMail old;
  for (int i = 0; i < 120; ++i) {
    old.id = absl::StrCat("m", i);
    old.account = absl::StrCat("account", i % 7);
    old.content = i == 5 ? std::string(2 * kPieceBytes + 7, 'x') : "hello\r\n";
    Write(old);
  }
  EXPECT_EQ(CarryAll(), 120);
  TakeRequest request;
  request.accounts = 7;
  request.mails_each = 1;
  const auto taken = Await(io_, outbox_->Take(request));
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->mails.size(), 7u);
  for (const TakenMail& mail : taken->mails) {
    if (mail.lease.queue_id != "m5") continue;
    OutboxContent content(*outbox_, mail);
    size_t size = 0;
    for (;;) {
      const auto piece = Await(io_, content.Next());
      ASSERT_TRUE(piece.ok()) << piece.status();
      if (piece->empty()) break;
      size += piece->size();
    }
    EXPECT_EQ(size, 2 * kPieceBytes + 7);
  }
}

}  // namespace
}  // namespace postern::sender
