// Undo windows, and mails that their authors take back.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/rpc/status.h"
#include "lib/words/wording.h"
#include "tests/unit/xmpp-edge/taking_back_bench.h"

namespace postern::xmpp_edge {
namespace {

TEST_F(TakingBackTest, AMailThatWaitsIsAnnouncedAndCancelledByAWord) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Hello");
  ASSERT_TRUE(Told("It will be sent in 10 seconds; write \"cancel\" to stop it."));
  const Element* note = Find("It will be sent in");
  EXPECT_EQ(note->Child("reply", "urn:xmpp:reply:0")->Attr("id"), "m1");
  bench.Write(kAnn, kBobByMail, "m2", " Cancel ");
  ASSERT_TRUE(Told("Taken back: \"Hello\" is not sent to bob@example.net."));
  EXPECT_EQ(bench.sender.cancelled(),
            std::vector<std::string>{bench.sender.taken().front().idempotency_key()});
  EXPECT_EQ(bench.sender.taken().size(), 1u) << "the word itself is no mail";
  bench.Write(kAnn, kBobByMail, "m3", "cancel");
  EXPECT_TRUE(Told("\"Hello\" was taken back before."));
  EXPECT_EQ(bench.sender.taken().size(), 1u);
}

TEST_F(TakingBackTest, WhereNothingWaitsTheWordIsNeverMailed) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "Hello");
  EXPECT_EQ(Find("It will be sent"), nullptr) << "no noise without a window";
  bench.sender.SetCancelling({grpc::StatusCode::FAILED_PRECONDITION, "sent"});
  for (const char* said : {"cancel", "Cancel!", "cancel.", "CANCEL !!"}) {
    SCOPED_TRACE(said);
    for (const char* to : {kBobByMail, kEve, kDomain, "work@mail.example.org"}) {
      bench.sink.sent.clear();
      bench.Write(kAnn, to, "m2", said);
      EXPECT_TRUE(Told("There is nothing to take back")) << to;
    }
  }
  EXPECT_EQ(bench.sender.taken().size(), 1u);
  WriteAndWait(kBobByMail, "m3", "Subject: Our plan\ncancel", 2);
  EXPECT_EQ(Taken(2).draft().text(), "cancel") << "whoever means it can say it";
  WriteAndWait(kDomain, "m4", "To: bob@example.net\ncancel", 3);
  EXPECT_EQ(Taken(3).draft().text(), "cancel");
  WriteAndWait(kBobByMail, "m5", "cancel it", 4);
}

TEST_F(TakingBackTest, TheWordIsAboutTheContactItIsWrittenTo) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Hello");
  bench.Write(kAnn, kEve, "m2", "cancel");
  EXPECT_TRUE(Told("There is nothing to take back"));
  EXPECT_TRUE(bench.sender.cancelled().empty());
}

TEST_F(TakingBackTest, TheWordOnceMoreTakesTheNextThatWaits) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "first");
  WriteAndWait(kBobByMail, "m2", "second", 2);
  bench.Write(kAnn, kBobByMail, "c1", "cancel");
  ASSERT_TRUE(Told("\"second\" is not sent"));
  bench.Write(kAnn, kBobByMail, "c2", "cancel");
  ASSERT_TRUE(Told("\"first\" is not sent"));
  EXPECT_EQ(bench.sender.cancelled().size(), 2u);
  EXPECT_EQ(bench.sender.taken().size(), 2u);
}

TEST_F(TakingBackTest, AMailThatWaitsForTheScheduleIsAnnounced) {
  Begin(0);
  bench.sender.SetWait(3 * 3600 * 1000);
  WriteAndWait(kBobByMail, "m1", "Hello");
  ASSERT_TRUE(Told("(Europe/Berlin). Write \"cancel\" to stop it."));
  bench.Write(kAnn, kBobByMail, "m2", "cancel");
  EXPECT_TRUE(Told("Taken back"));
  EXPECT_EQ(bench.sender.taken().size(), 1u);
}

TEST_F(TakingBackTest, NothingIsThreadedOnWhatHasNotLeft) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "Lunch");
  WriteAndWait(kBobByMail, "m2", "Subject: Secret plan\nSend: in 2 hours\n\nHello", 2);
  WriteAndWait(kBobByMail, "m3", "and wine", 3);
  EXPECT_EQ(Taken(3).draft().subject(), "Re: Lunch") << "the one that waits is passed over";
  EXPECT_NE(Taken(3).draft().in_reply_to(), "");
  bench.Route(Retraction(kBobByMail, "m3"));
  ASSERT_TRUE(Told("is not sent to bob"));
  bench.Route(Retraction(kBobByMail, "m1"));
  ASSERT_TRUE(Told("\"Lunch\" is not sent"));
  WriteAndWait(kBobByMail, "m4", "something new", 4);
  EXPECT_EQ(Taken(4).draft().subject(), "something new") << "none of them was ever mailed";
  EXPECT_EQ(Taken(4).draft().in_reply_to(), "");
  EXPECT_EQ(Taken(4).draft().references_size(), 0);
}

TEST_F(TakingBackTest, WhatFollowsAMailThatWaitsGoesToTheSamePeople) {
  Begin(10);
  WriteAndWait("work@mail.example.org", "m1", "To: bob@example.net\nSubject: Secret plan\n\nHi");
  WriteAndWait("work@mail.example.org", "m2", "and wine", 2);
  EXPECT_EQ(Taken(2).draft().to(0).local_part(), "bob");
  EXPECT_EQ(Taken(2).draft().subject(), "and wine");
  EXPECT_EQ(Taken(2).draft().in_reply_to(), "");
  EXPECT_EQ(Taken(2).draft().references_size(), 0);
}

TEST_F(TakingBackTest, ItsAuthorIsToldWhenItIsTooLate) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Hello");
  bench.sender.SetCancelling(
      rpc::ToGrpc(words::Error(absl::StatusCode::kFailedPrecondition,
                               words::Word("the mail was sent or given up already"))));
  bench.Write(kAnn, kBobByMail, "m2", "cancel");
  EXPECT_TRUE(Told("\"Hello\" can't be taken back: the mail was sent or given up already."));
  const Element refused = bench.Ask(Retraction(kBobByMail, "m1"));
  EXPECT_EQ(ConditionOf(refused), "not-allowed");
  EXPECT_EQ(bench.sender.taken().size(), 1u);
  bench.sender.SetCancelling({grpc::StatusCode::UNAVAILABLE, "away"});
  EXPECT_EQ(ConditionOf(bench.Ask(Retraction(kBobByMail, "m1"))), "remote-server-timeout");
}

TEST_F(TakingBackTest, AReplyNamesTheMail) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "first");
  WriteAndWait(kBobByMail, "m2", "second", 2);
  bench.Route(About(kBobByMail, "c1", "cancel", "reply", "urn:xmpp:reply:0", "m1"));
  ASSERT_TRUE(Told("Taken back"));
  EXPECT_EQ(bench.sender.cancelled(),
            std::vector<std::string>{bench.sender.taken().front().idempotency_key()});
  const std::string note(Find("It will be sent in")->Attr("id"));  // of the first
  bench.sink.sent.clear();
  bench.Route(About(kBobByMail, "c2", "cancel", "reply", "urn:xmpp:reply:0", note));
  EXPECT_TRUE(Told("\"first\" was taken back before.")) << "the note of the first";
  bench.Write(kAnn, kBobByMail, "c3", "cancel");
  EXPECT_TRUE(Told("Taken back")) << "the second is the last one still";
  EXPECT_EQ(bench.sender.cancelled().size(), 2u);
}

TEST_F(TakingBackTest, ARetractionTakesBackWhatWaits) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "Hello");
  bench.Route(Retraction(kEve, "m1"));
  bench.Settle();
  EXPECT_TRUE(bench.sender.cancelled().empty()) << "nothing to her";
  bench.Route(Retraction(kBobByMail, "m1"));
  ASSERT_TRUE(Told("Taken back: \"Hello\" is not sent to bob@example.net."));
  EXPECT_EQ(bench.sender.cancelled().size(), 1u);
  EXPECT_EQ(
      ErrorTextOf(bench.Ask(Retraction(kBobByMail, "no-such"))),
      "Nothing was taken back: no mail of that message is waiting. A mail that has left can't "
      "be taken back.");
}

TEST_F(TakingBackTest, AnOldRetractionStandsInAnEnvelope) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Hello");
  Element message = Message(kBobByMail, "r1", "");
  Element envelope = MakeElement("apply-to", "urn:xmpp:fasten:0");
  envelope.Set("id", "m1").Add(MakeElement("retract", "urn:xmpp:message-retract:0"));
  message.Add(std::move(envelope));
  bench.Route(std::move(message));
  EXPECT_TRUE(Told("Taken back"));
}

TEST_F(TakingBackTest, NobodyTakesBackAnothersMail) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Hello");
  Element theirs = Retraction(kBobByMail, "m1");
  theirs.Set("from", kBob);
  EXPECT_NE(ConditionOf(bench.Ask(theirs)), "");
  EXPECT_TRUE(bench.sender.cancelled().empty());
}

TEST_F(TakingBackTest, TheOutboxTellsWhatWaitsAndTakesItBack) {
  Begin(10);
  bench.Write(kAnn, kDomain, "o1", "outbox");
  ASSERT_TRUE(Told("None of your mails waits to be sent."));
  WriteAndWait(kBobByMail, "m1", "Subject: Lunch\nSend: 2027-01-02 9:00\n\nHello");
  WriteAndWait(kEve, "m2", "Good morning", 2);
  const auto id = [this](size_t i) {
    return absl::StrCat("q-", bench.sender.taken()[i].idempotency_key().substr(0, 8));
  };
  bench.sink.sent.clear();
  bench.Write(kAnn, kDomain, "o2", "Outbox");
  ASSERT_TRUE(Told(" - \"Lunch\" to bob@example.net: on 2027-01-02 09:00 (Europe/Berlin)\n"));
  EXPECT_TRUE(Told(" - \"Good morning\" to eve@example.net: "));
  EXPECT_TRUE(Told("to take back the mail with these letters."));
  bench.Write(kBob, kDomain, "o3", absl::StrCat("cancel ", id(0)));
  EXPECT_TRUE(Told("None of your mails that wait begins with")) << "it is none of his";
  bench.Write(kAnn, kDomain, "o4", "cancel q-");
  EXPECT_TRUE(Told("Several of your mails begin with \"q-\"."));
  bench.Write(kAnn, kDomain, "o5", absl::StrCat("cancel ", id(0)));
  ASSERT_TRUE(Told("Taken back: \"Lunch\" is not sent to bob@example.net."));
  EXPECT_EQ(bench.sender.cancelled().size(), 1u);
  bench.sink.sent.clear();
  bench.Write(kAnn, kBobByMail, "m3", "cancel");
  EXPECT_TRUE(Told("\"Lunch\" was taken back before.")) << "the other word knows it, too";
  bench.Write(kAnn, kBobByMail, "m4", absl::StrCat("cancel ", id(1)));
  EXPECT_EQ(Taken(3).draft().text(), absl::StrCat("cancel ", id(1))) << "elsewhere it is a mail";
}

}  // namespace
}  // namespace postern::xmpp_edge
