// Mails that wait, and that their authors correct (XEP-0308).
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/xmpp-edge/taking_back_bench.h"

namespace postern::xmpp_edge {
namespace {

class CorrectingTest : public TakingBackTest {};

TEST_F(CorrectingTest, ACorrectionOfWhatWasTakenBackIsRefused) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.Write(kAnn, kBobByMail, "c1", "cancel");
  ASSERT_TRUE(Told("Taken back"));
  EXPECT_EQ(ErrorTextOf(bench.Ask(Correction(kBobByMail, "m2", "m1", "Hello"))),
            "Not sent: that mail was taken back. Write a new message instead.");
  EXPECT_EQ(bench.sender.taken().size(), 1u);
}

TEST_F(CorrectingTest, ACorrectionGoesInItsPlace) {
  Begin(10);
  WriteAndWait(kDomain, "m1",
               "To: bob@example.net\nCc: eve@example.net\nSubject: Lunch\n\nat noon");
  const sender::v1::SubmitRequest first = bench.sender.taken().front();
  bench.Route(Correction(kDomain, "m2", "m1", "To: bob@example.net\nSubject: Lunch\n\nat one"));
  const sender::v1::SubmitRequest second = Taken(2);
  EXPECT_EQ(bench.sender.cancelled(), std::vector<std::string>{first.idempotency_key()});
  EXPECT_EQ(second.draft().text(), "at one");
  EXPECT_EQ(second.draft().subject(), "Lunch");
  EXPECT_EQ(second.draft().to_size(), 1);
  EXPECT_EQ(second.draft().cc_size(), 0) << "the line is gone";
  EXPECT_NE(second.idempotency_key(), first.idempotency_key());
  // Clients name the first message again when they correct once more (XEP-0308).
  bench.Settle();
  bench.Route(Correction(kDomain, "m3", "m1", "at two"));
  const sender::v1::SubmitRequest third = Taken(3);
  EXPECT_EQ(bench.sender.cancelled().back(), second.idempotency_key());
  EXPECT_EQ(third.draft().to(0).local_part(), "bob") << "whom the first was for";
  EXPECT_EQ(third.draft().subject(), "Lunch");
}

TEST_F(CorrectingTest, ASubjectThatNobodyWroteFollowsTheText) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.Route(Correction(kBobByMail, "m2", "m1", "Hello"));
  EXPECT_EQ(Taken(2).draft().subject(), "Hello");
}

TEST_F(CorrectingTest, ACorrectionOfWhatHasLeftIsRefused) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.sender.SetCancelling({grpc::StatusCode::FAILED_PRECONDITION, "sent"});
  const Element refused = bench.Ask(Correction(kBobByMail, "m2", "m1", "Hello"));
  EXPECT_EQ(ConditionOf(refused), "not-allowed");
  EXPECT_EQ(ErrorTextOf(refused),
            "Not sent: a mail that has left can't be changed. Write a new message instead.");
  EXPECT_EQ(ConditionOf(bench.Ask(Correction(kBobByMail, "m3", "no-such", "Hello"))),
            "not-allowed");
  EXPECT_EQ(bench.sender.taken().size(), 1u);
}

TEST_F(CorrectingTest, ARejectedCorrectionLeavesTheMailAsItIs) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.rules.Reject("no");
  EXPECT_NE(ConditionOf(bench.Ask(Correction(kBobByMail, "m2", "m1", "Hello"))), "");
  EXPECT_TRUE(bench.sender.cancelled().empty());
}

TEST_F(CorrectingTest, WhatIsCorrectedTwiceByARestartIsOneMail) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.sender.SetCancelling({grpc::StatusCode::UNAVAILABLE, "away"});
  bench.Route(Correction(kBobByMail, "m2", "m1", "Hello"));
  bench.Settle();
  bench.Restart();
  bench.sender.SetCancelling(grpc::Status::OK);
  EXPECT_EQ(Taken(2).draft().text(), "Hello");
  EXPECT_EQ(bench.sender.cancelled().size(), 1u) << "the draft remembers what it replaces";
}

// Clients name the first message, or the last correction of it.
TEST_F(CorrectingTest, AnyNumberOfCorrectionsIsOneMail) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  const char* const named[] = {"m1", "m2", "m1", "m3", "m2"};
  size_t count = 1;
  for (const char* about : named) {
    SCOPED_TRACE(about);
    ++count;
    bench.Route(
        Correction(kBobByMail, absl::StrCat("m", count), about, absl::StrCat("Hello ", count)));
    EXPECT_EQ(Taken(count).draft().text(), absl::StrCat("Hello ", count));
    bench.Settle();
    EXPECT_EQ(bench.sender.cancelled().back(), bench.sender.taken()[count - 2].idempotency_key())
        << "the one before";
  }
  EXPECT_EQ(bench.sender.cancelled().size(), count - 1) << "all but the last";
  bench.Route(Retraction(kBobByMail, "m1"));
  EXPECT_TRUE(Told("\"Hello 6\" is not sent to bob"));
  EXPECT_EQ(bench.sender.cancelled().size(), count);
}

TEST_F(CorrectingTest, ACorrectionThatComesTwiceIsOneMail) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  for (int i = 0; i < 2; ++i) {
    bench.Route(Correction(kBobByMail, "m2", "m1", "Hello"));
    Taken(2);
    bench.Settle();
  }
  EXPECT_TRUE(Told("It is one mail, and it is not sent again."));
  EXPECT_EQ(bench.sender.cancelled().size(), 1u) << "it did not take itself back";
  EXPECT_EQ(bench.sender.taken().size(), 2u);
}

TEST_F(CorrectingTest, AfterARestartACorrectionStillStandsForItsMessage) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.sender.FailWith({grpc::StatusCode::UNAVAILABLE, "away"});
  bench.Route(Correction(kBobByMail, "m2", "m1", "Hello"));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.cancelled().size() == 1; }));
  bench.Settle();
  bench.Restart();
  bench.sender.FailWith(grpc::Status::OK);
  Taken(2);
  bench.Settle();
  bench.Route(Correction(kBobByMail, "m3", "m1", "Hello!"));
  EXPECT_EQ(Taken(3).draft().text(), "Hello!");
  EXPECT_EQ(bench.sender.cancelled().size(), 2u);
}

}  // namespace
}  // namespace postern::xmpp_edge
