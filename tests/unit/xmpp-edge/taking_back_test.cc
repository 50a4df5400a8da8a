// "Send:" lines, undo windows, and mails that their authors take back or correct.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/rpc/status.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/client_clocks.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kBobByMail[] = "bob\\40example.net@mail.example.org";
constexpr char kEve[] = "eve\\40example.net@mail.example.org";

class TakingBackTest : public ::testing::Test {
 protected:
  void Begin(uint32_t undo_seconds, const std::string& zone = "Europe/Berlin") {
    admin::v1::Account out = SmtpAccount("ann@example.org", "out");
    out.mutable_sending()->set_undo_seconds(undo_seconds);
    out.mutable_sending()->set_time_zone(zone);
    auto& sales = *out.mutable_sending()->add_identities();
    sales.set_from("Sales <sales@example.org>");
    bench.admin.Add(std::move(out));
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.sender.SetWait(undo_seconds * 1000);
    bench.Install();
  }

  sender::v1::SubmitRequest Taken(size_t count = 1) {
    EXPECT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() >= count; }));
    return bench.sender.taken().empty() ? sender::v1::SubmitRequest() : bench.sender.taken().back();
  }
  bool Told(const std::string& text) {
    return bench.RunUntil([&] { return Find(text) != nullptr; });
  }
  // What was said with that text, or asked with that namespace.
  const Element* Find(const std::string& text) const {
    for (const Element& stanza : bench.sink.sent) {
      if (absl::StrContains(stanza.ChildText("body"), text)) return &stanza;
      if (stanza.Child("time", text) != nullptr) return &stanza;
    }
    return nullptr;
  }
  Element Message(const std::string& to, const std::string& id, const std::string& body) {
    Element message = MakeStanza("message", kAnn, to, "chat", id);
    if (!body.empty()) message.AddText("body", body);
    return message;
  }
  Element About(const std::string& to, const std::string& id, const std::string& body,
                const char* name, const char* ns, const std::string& about) {
    Element message = Message(to, id, body);
    message.Add(MakeElement(name, ns).Set("id", about));
    return message;
  }
  Element Retraction(const std::string& to, const std::string& about) {
    return About(to, "r1", "", "retract", "urn:xmpp:message-retract:1", about);
  }
  Element Correction(const std::string& to, const std::string& id, const std::string& about,
                     const std::string& body) {
    return About(to, id, body, "replace", "urn:xmpp:message-correct:0", about);
  }
  void WriteAndWait(const std::string& to, const std::string& id, const std::string& body,
                    size_t count = 1) {
    bench.Write(kAnn, to, id, body);
    Taken(count);
    bench.Settle();
  }

  FeatureBench bench;
};

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

TEST_F(TakingBackTest, ACorrectionOfWhatWasTakenBackIsRefused) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.Write(kAnn, kBobByMail, "c1", "cancel");
  ASSERT_TRUE(Told("Taken back"));
  EXPECT_EQ(ErrorTextOf(bench.Ask(Correction(kBobByMail, "m2", "m1", "Hello"))),
            "Not sent: that mail was taken back. Write a new message instead.");
  EXPECT_EQ(bench.sender.taken().size(), 1u);
}

TEST_F(TakingBackTest, AMailWithoutTextIsRefused) {
  Begin(0);
  for (const char* text : {"Subject: Lunch", "To: eve@example.net\n\n \n", "Send: in 2 hours\n"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ErrorTextOf(bench.Ask(Message(kBobByMail, "m1", text))),
              "Not sent: there is no text. Write it below the lines at the head.");
  }
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(TakingBackTest, ASendLineThatSaysNothingOrComesTwiceIsRefused) {
  Begin(0);
  const Element empty = bench.Ask(Message(kBobByMail, "w1", "Send:\n\nHello"));
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(empty), "the line \"Send: \" names no time"));
  const Element twice =
      bench.Ask(Message(kBobByMail, "w2", "Send: in 2 hours\nSend: in 3 hours\nHello"));
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(twice), "there are two lines \"Send:\""));
  const Element endless =
      bench.Ask(Message(kBobByMail, "w3", absl::StrCat("Send: ", std::string(500, 'x'), "\nHi")));
  const std::string cut = absl::StrCat("\"Send: ", std::string(60, 'x'), "…\" names no time");
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(endless), cut)) << ErrorTextOf(endless);
  EXPECT_TRUE(bench.sender.taken().empty());
}

TEST_F(TakingBackTest, ADisabledAccountIsNamed) {
  admin::v1::Account out = SmtpAccount("ann@example.org", "out");
  out.set_enabled(false);
  bench.admin.Add(std::move(out));
  bench.Install();
  const Element refused = bench.Ask(Message(kBobByMail, "m1", "Hello"));
  EXPECT_EQ(ConditionOf(refused), "not-allowed");
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(refused), "Not sent: the account out is disabled"));
}

TEST_F(TakingBackTest, ASubjectKeepsToOneLine) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "Subject: one\u2028two\u0085three\nHello");
  EXPECT_EQ(Taken().draft().subject(), "one two three");
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

TEST_F(TakingBackTest, ACorrectionGoesInItsPlace) {
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

TEST_F(TakingBackTest, ASubjectThatNobodyWroteFollowsTheText) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.Route(Correction(kBobByMail, "m2", "m1", "Hello"));
  EXPECT_EQ(Taken(2).draft().subject(), "Hello");
}

TEST_F(TakingBackTest, ACorrectionOfWhatHasLeftIsRefused) {
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

TEST_F(TakingBackTest, ARejectedCorrectionLeavesTheMailAsItIs) {
  Begin(10);
  WriteAndWait(kBobByMail, "m1", "Helo");
  bench.rules.Reject("no");
  EXPECT_NE(ConditionOf(bench.Ask(Correction(kBobByMail, "m2", "m1", "Hello"))), "");
  EXPECT_TRUE(bench.sender.cancelled().empty());
}

TEST_F(TakingBackTest, WhatIsCorrectedTwiceByARestartIsOneMail) {
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

// Clients name the first message, or the last correction of it.
TEST_F(TakingBackTest, AnyNumberOfCorrectionsIsOneMail) {
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

TEST_F(TakingBackTest, ACorrectionThatComesTwiceIsOneMail) {
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

TEST_F(TakingBackTest, AfterARestartACorrectionStillStandsForItsMessage) {
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

TEST_F(TakingBackTest, ASendLineIsReadInTheZoneOfTheAccount) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "Send: tomorrow 9:00\n\nHello");
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  const absl::Time at = absl::FromUnixSeconds(Taken().send_at_unix());
  EXPECT_EQ(absl::FormatTime("%H:%M", at, berlin), "09:00");
  EXPECT_EQ(absl::ToCivilDay(at, berlin), absl::ToCivilDay(absl::Now(), berlin) + 1);
  EXPECT_EQ(Taken().draft().text(), "Hello");
  EXPECT_TRUE(Told(absl::StrCat("It will be sent on ", absl::FormatTime("%Y-%m-%d", at, berlin),
                                " 09:00 (Europe/Berlin). Write \"cancel\" to stop it.")));
  bench.Write(kAnn, kBobByMail, "m2", "cancel");
  EXPECT_TRUE(Told("Taken back"));
}

TEST_F(TakingBackTest, TheClientIsAskedForItsClock) {
  Begin(0, "");
  bench.Write(kAnn, kBobByMail, "m1", "Send: in 3 hours\n\nHello");
  ASSERT_TRUE(Told("urn:xmpp:time"));
  const Element* asked = Find("urn:xmpp:time");
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->Attr("to"), kAnn);
  Element answer = MakeStanza("iq", kAnn, kDomain, "result", asked->Attr("id"));
  Element time = MakeElement("time", "urn:xmpp:time");
  time.AddText("tzo", "+05:30").AddText("utc", "2026-11-22T12:00:00Z");
  answer.Add(std::move(time));
  bench.Route(std::move(answer));
  EXPECT_GT(Taken().send_at_unix(), absl::ToUnixSeconds(absl::Now()) + 3 * 3600 - 60);
  EXPECT_TRUE(Told("(UTC+05:30). Write \"cancel\""));
}

TEST_F(TakingBackTest, AnUnknownClockIsTold) {
  Begin(0, "");
  bench.Write(kAnn, kBobByMail, "m1", "Send: in 3 hours\n\nHello");
  ASSERT_TRUE(Told("urn:xmpp:time"));
  const Element* asked = Find("urn:xmpp:time");
  bench.Route(MakeStanza("iq", kAnn, kDomain, "error", asked->Attr("id")));
  EXPECT_TRUE(Told("(UTC). Write \"cancel\" to stop it. Your time zone is not known"));
  EXPECT_TRUE(Told("\"sending zone Europe/Berlin\""));
  bench.sink.sent.clear();
  bench.Write(kAnn, kBobByMail, "m2", "Send: in 3 hours\n\nHello again");
  EXPECT_TRUE(Told("(UTC). Write \"cancel\" to stop it."));
  EXPECT_EQ(Find("time zone is not known"), nullptr) << "once is enough";
}

TEST_F(TakingBackTest, AWrongTimeIsNamed) {
  Begin(0);
  Element soon = Message(kBobByMail, "w1", "Send: soon\n\nHello");
  const Element refused = bench.Ask(std::move(soon));
  EXPECT_EQ(ConditionOf(refused), "not-acceptable");
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(refused), "\"Send: soon\" names no time"));
  const Element past = bench.Ask(Message(kBobByMail, "w2", "Send: 2020-01-01 9:00\n\nHello"));
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(past), "names a time that is over"));
  EXPECT_TRUE(bench.sender.taken().empty());
  WriteAndWait(kBobByMail, "w3", "\nSend: soon");
  EXPECT_EQ(Taken().draft().text(), "Send: soon") << "after an empty line it is text";
}

TEST_F(TakingBackTest, FromNamesAnIdentity) {
  Begin(0);
  WriteAndWait(kBobByMail, "m1", "From: sales@example.org\n\nHello");
  EXPECT_EQ(Taken().draft().from().local_part(), "sales");
  EXPECT_EQ(Taken().draft().from().display_name(), "Sales");
  EXPECT_EQ(Taken().draft().jabber_id(), "ann@example.org");
  WriteAndWait(kBobByMail, "m2", "From: SALES\n\nHello", 2);
  EXPECT_EQ(Taken(2).draft().from().local_part(), "sales");
  EXPECT_NE(ConditionOf(bench.Ask(Message(kBobByMail, "m3", "From: boss@example.org\n\nHello"))),
            "");
}

TEST(ZoneOffset, IsReadAsXep0082WritesIt) {
  const struct {
    const char* text;
    int seconds;
  } cases[] = {{"+01:00", 3600}, {"-06:30", -23400}, {"Z", 0}, {"+14:00", 50400}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto zone = ReadZoneOffset(c.text);
    ASSERT_TRUE(zone.has_value());
    EXPECT_EQ(zone->At(absl::UnixEpoch()).offset, c.seconds);
  }
  for (const char* wrong : {"", "1:00", "+25:00", "+01:99", "Europe/Berlin"}) {
    EXPECT_FALSE(ReadZoneOffset(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
