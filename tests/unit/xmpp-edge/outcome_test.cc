#include "services/xmpp-edge/outcome.h"

#include <gtest/gtest.h>

#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {
namespace {

const Words kEnglish("en");

using edge::v1::OutgoingContext;
using edge::v1::ReportOutcomeRequest;

OutgoingContext Context(bool wants_receipt, uint32_t recipients = 1) {
  OutgoingContext context;
  context.set_user("ann@example.org/phone");
  context.set_contact("work@mail.example.org/IMAP");
  context.set_stanza_id("m1");
  context.set_wants_receipt(wants_receipt);
  context.set_recipients(recipients);
  return context;
}

ReportOutcomeRequest Report() {
  ReportOutcomeRequest report;
  report.set_queue_id("q1");
  return report;
}

void Add(ReportOutcomeRequest& report, const char* recipient, edge::v1::Outcome outcome,
         const char* reason = "") {
  auto* one = report.add_recipients();
  one->set_recipient(recipient);
  one->set_outcome(outcome);
  one->set_reason(reason);
}

TEST(OutcomeStanzas, AReceiptForAMailThatHasLeftForAll) {
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  const auto stanzas = OutcomeStanzas(report, Context(true), true, kEnglish);
  ASSERT_EQ(stanzas.size(), 1u);
  const Element* received = stanzas[0].Child("received", "urn:xmpp:receipts");
  ASSERT_NE(received, nullptr);
  EXPECT_EQ(received->Attr("id"), "m1");
  EXPECT_EQ(stanzas[0].Attr("to"), "ann@example.org/phone");
  EXPECT_EQ(stanzas[0].Attr("from"), "work@mail.example.org/IMAP");
  EXPECT_EQ(stanzas[0].Child("body"), nullptr);
}

TEST(OutcomeStanzas, ALineWhenNoReceiptWasAskedFor) {
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  const auto stanzas = OutcomeStanzas(report, Context(false), true, kEnglish);
  ASSERT_EQ(stanzas.size(), 1u);
  EXPECT_EQ(stanzas[0].ChildText("body"), "Sent to bob@example.net.");
  EXPECT_EQ(stanzas[0].Attr("to"), "ann@example.org");
}

TEST(OutcomeStanzas, AGuessedRecipientIsAlwaysNamed) {
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  auto context = Context(true);
  context.set_inferred(true);
  const auto stanzas = OutcomeStanzas(report, context, true, kEnglish);
  ASSERT_EQ(stanzas.size(), 2u);
  EXPECT_NE(stanzas[0].Child("received"), nullptr);
  EXPECT_EQ(stanzas[1].ChildText("body"), "Sent to bob@example.net.");
}

TEST(OutcomeStanzas, NoReceiptWhileARecipientIsMissing) {
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  Add(report, "eve@example.net", edge::v1::OUTCOME_DELAYED, "450 4.2.0 greylisted");
  const auto stanzas = OutcomeStanzas(report, Context(true, 2), true, kEnglish);
  ASSERT_EQ(stanzas.size(), 2u);
  EXPECT_EQ(stanzas[0].ChildText("body"), "Sent to bob@example.net.");
  EXPECT_NE(stanzas[1].ChildText("body").find("The server said: 450 4.2.0 greylisted"),
            std::string::npos);
}

TEST(OutcomeStanzas, AnErrorOnThatVeryMessageSaysWhoGotItAndWhoDidNot) {
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  Add(report, "eve@example.net", edge::v1::OUTCOME_FAILED, "550 5.1.1 no such user");
  const auto stanzas = OutcomeStanzas(report, Context(true, 2), true, kEnglish);
  ASSERT_EQ(stanzas.size(), 1u);
  EXPECT_EQ(stanzas[0].Attr("type"), "error");
  EXPECT_EQ(stanzas[0].Attr("id"), "m1");
  EXPECT_EQ(stanzas[0].Attr("to"), "ann@example.org/phone");
  const Element* error = stanzas[0].Child("error");
  ASSERT_NE(error, nullptr);
  EXPECT_NE(error->Child("item-not-found"), nullptr);
  EXPECT_EQ(error->ChildText("text"),
            "Not sent to eve@example.net: There is no such mailbox; check the address. The server "
            "said: 550 5.1.1 no such user\nSent to bob@example.net.");
}

TEST(OutcomeStanzas, WhatNobodyWroteIsNotTakenForAMailOfTheUsers) {
  const struct {
    edge::v1::SentByRule kind;
    const char* told;
  } cases[] = {
      {edge::v1::SENT_BY_RULE_ANSWER,
       "The automatic answer that a rule sent to bob@x.org was not delivered: "},
      {edge::v1::SENT_BY_RULE_COPY, "A mail that a rule sent on to bob@x.org was not delivered "},
      {edge::v1::SENT_BY_RULE_NOTICE, "The notice that a rule sent to bob@x.org was not "},
      {edge::v1::SENT_BY_RULE_UNSPECIFIED, "Not sent to bob@x.org: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.told);
    auto report = Report();
    Add(report, "bob@x.org", edge::v1::OUTCOME_FAILED, "550 5.1.1 no such user");
    OutgoingContext context = Context(false);
    context.set_failures_only(true);
    context.set_sent_by_rule(c.kind);
    const auto stanzas = OutcomeStanzas(report, context, true, kEnglish);
    ASSERT_EQ(stanzas.size(), 1u);
    EXPECT_EQ(stanzas[0].ChildText("body").rfind(c.told, 0), 0u) << stanzas[0].ChildText("body");
  }
}

TEST(OutcomeStanzas, AFailureReachesAUserWhoseClientHasGone) {
  auto report = Report();
  Add(report, "eve@example.net", edge::v1::OUTCOME_FAILED, "550 no");
  const auto stanzas = OutcomeStanzas(report, Context(true), false, kEnglish);
  ASSERT_EQ(stanzas.size(), 2u);
  EXPECT_EQ(stanzas[0].Attr("type"), "error");
  EXPECT_EQ(stanzas[1].Attr("type"), "chat");
  EXPECT_EQ(stanzas[1].Attr("to"), "ann@example.org");
  EXPECT_EQ(stanzas[1].ChildText("body"), "Not sent to eve@example.net: 550 no");
}

TEST(OutcomeStanzas, TheAddressInAMailServersAnswerReadsWellInAnErrorAndStaysInALine) {
  auto report = Report();
  Add(report, "eve@example.net", edge::v1::OUTCOME_FAILED, "550 5.1.1 <eve@example.net>: no & no");
  const auto stanzas = OutcomeStanzas(report, Context(true), false, kEnglish);
  ASSERT_EQ(stanzas.size(), 2u);
  EXPECT_EQ(stanzas[0].Child("error")->ChildText("text"),
            "Not sent to eve@example.net: There is no such mailbox; check the address. The server "
            "said: 550 5.1.1 ‹eve@example.net›: no ＆ no");
  EXPECT_EQ(stanzas[1].ChildText("body"),
            "Not sent to eve@example.net: There is no such mailbox; check the address. The server "
            "said: 550 5.1.1 <eve@example.net>: no & no");
}

TEST(OutcomeStanzas, ARepeatedReportHasTheSameIds) {
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  Add(report, "eve@example.net", edge::v1::OUTCOME_DELAYED, "later");
  const auto first = OutcomeStanzas(report, Context(false, 2), true, kEnglish);
  const auto second = OutcomeStanzas(report, Context(false, 2), true, kEnglish);
  ASSERT_EQ(first.size(), 2u);
  for (size_t i = 0; i < first.size(); ++i) EXPECT_EQ(ToXml(first[i]), ToXml(second[i]));
  EXPECT_NE(first[0].Attr("id"), first[1].Attr("id"));
}

TEST(OutcomeReporter, KeepsTheSenderWaitingWhileTheLinkIsDown) {
  FeatureBench bench;
  bench.Install();
  OutcomeReporter reporter(bench.context());
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  report.set_context(Context(true).SerializeAsString());
  bench.sink.up = false;
  EXPECT_TRUE(absl::IsUnavailable(testing::Await(bench.io, reporter.Report(report))));
  bench.sink.up = true;
  EXPECT_TRUE(testing::Await(bench.io, reporter.Report(report)).ok());
  ASSERT_EQ(bench.sink.sent.size(), 1u);
  EXPECT_NE(bench.sink.sent[0].Child("received"), nullptr);
}

TEST(OutcomeReporter, IsNotAskedAgainForAnAuthorThatNobodyKnows) {
  FeatureBench bench;
  bench.Install();
  OutcomeReporter reporter(bench.context());
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  report.set_context("\xff\xff");
  EXPECT_TRUE(testing::Await(bench.io, reporter.Report(report)).ok());
  EXPECT_TRUE(bench.sink.sent.empty());
}

TEST(OutcomeReporter, TellsSeveralAuthorsAtOnce) {
  FeatureBench bench;
  bench.Install();
  OutcomeReporter reporter(bench.context());
  edge::v1::ReportOutcomesRequest reports;
  for (const char* recipient : {"bob@example.net", "nobody", "eve@example.net"}) {
    auto& report = *reports.add_reports() = Report();
    Add(report, recipient, edge::v1::OUTCOME_SENT);
    report.set_context(Context(true).SerializeAsString());
  }
  reports.mutable_reports(1)->set_context("\xff\xff");
  bench.sink.up = false;
  EXPECT_TRUE(absl::IsUnavailable(testing::Await(bench.io, reporter.ReportAll(reports))));
  bench.sink.up = true;
  EXPECT_TRUE(testing::Await(bench.io, reporter.ReportAll(reports)).ok());
  EXPECT_EQ(bench.sink.sent.size(), 2u) << "one has no author that anybody knows";
}

TEST(OutcomeStanzas, AreSaidInTheAuthorsLanguageUnderTheSameIds) {
  auto report = Report();
  Add(report, "bob@example.net", edge::v1::OUTCOME_SENT);
  Add(report, "eve@example.net", edge::v1::OUTCOME_FAILED, "given up after 5 days: no");
  auto& wording = *report.mutable_recipients(1)->mutable_wording();
  wording.set_text("given up after $0 days; the server's last answer: $1");
  wording.add_arguments("5");
  wording.add_arguments("$0 no");
  Add(report, "dan@example.net", edge::v1::OUTCOME_DELAYED);
  const auto german = OutcomeStanzas(report, Context(false, 3), false, Words("de"));
  ASSERT_EQ(german.size(), 3u);
  EXPECT_EQ(german[1].ChildText("body"),
            "Nicht gesendet an eve@example.net: nach 5 Tagen aufgegeben; letzte Antwort des "
            "Servers: $0 no\nGesendet an bob@example.net.");
  EXPECT_EQ(
      german[2].ChildText("body"),
      "Noch nicht gesendet an dan@example.net: der Mailserver hat keinen Grund genannt\n"
      "Es wird von selbst erneut versucht, und Sie erfahren, wenn es misslingt; senden Sie die "
      "E-Mail nicht noch einmal.");
  const auto english = OutcomeStanzas(report, Context(false, 3), false, kEnglish);
  ASSERT_EQ(english.size(), 3u);
  for (size_t i = 1; i < 3; ++i) EXPECT_EQ(english[i].Attr("id"), german[i].Attr("id"));
  EXPECT_NE(german[1].Attr("id"), german[2].Attr("id"));
}

TEST(ErrorForReason, KnowsWhatMailServersMean) {
  const struct {
    const char *reason, *type, *condition;
  } cases[] = {
      {"smtp: RCPT TO refused: 550 5.1.1 no such user", "cancel", "item-not-found"},
      {"550 mailbox unavailable", "cancel", "item-not-found"},
      {"551 moved", "cancel", "item-not-found"},
      {"552 5.2.2 mailbox full", "wait", "resource-constraint"},
      {"552 5.3.4 message too big", "wait", "resource-constraint"},
      {"553 bad name", "modify", "jid-malformed"},
      {"550 5.1.3 bad address syntax", "modify", "jid-malformed"},
      {"554 5.7.1 spam", "modify", "policy-violation"},
      {"550 5.7.1 not allowed to relay", "modify", "policy-violation"},
      {"535 5.7.8 wrong password", "auth", "not-authorized"},
      {"530 authenticate first", "auth", "not-authorized"},
      {"421 4.3.2 shutting down, given up after 5 days", "wait", "remote-server-timeout"},
      {"cancelled by the operator", "cancel", "undefined-condition"},
      {"connection to 192.0.2.55:587 refused", "cancel", "undefined-condition"},
      {"", "cancel", "undefined-condition"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reason);
    const StanzaError error = ErrorForReason(c.reason);
    EXPECT_EQ(error.type, c.type);
    EXPECT_EQ(error.condition, c.condition);
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
