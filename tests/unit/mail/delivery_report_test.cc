// What is made of reports in the forms that mail servers really send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/mail/delivery_report_reader.h"
#include "lib/mail/delivery_report_text.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/utf8.h"
#include "tests/unit/mail/sample_reports.h"

namespace postern::mail {
namespace {

using ::testing::HasSubstr;
using Action = DeliveryReport::Action;

// One line for each recipient: "bob@example.net failed 5.1.1 550 …".
std::string Told(const std::optional<DeliveryReport>& report) {
  if (!report) return "none";
  constexpr const char* kNames[] = {"unknown",   "failed",  "delayed",
                                    "delivered", "relayed", "expanded"};
  std::string told = absl::StrCat("<", report->message_id, "> ", report->envelope_id, "\n");
  for (const DeliveryReport::Recipient& one : report->recipients) {
    absl::StrAppend(&told, one.address, " ", kNames[static_cast<int>(one.action)], " ", one.status,
                    " ", one.diagnostic, "\n");
  }
  return told;
}

std::string ReportIn(const std::string& message) {
  return Told(ParseMail(message).delivery_report);
}

TEST(DeliveryReport, IsReadInTheFormsOfManyServers) {
  const struct {
    const char *name, *message, *told;
  } cases[] = {
      {"Postfix", kPostfix,
       "<17.abc@example.org> 17.abc@example.org\n"
       "list@mail.example failed 5.1.1 550 5.1.1 no such user\n"
       "carol@example.net delayed 4.2.0 450 4.2.0 <carol@example.net>: greylisted\n"},
      {"Exim", kEximNow,
       "<17.abc@example.org> \n"
       "bob@example.net failed 5.0.0 552-5.2.2 The mailbox is full 552 5.2.2 try later\n"},
      {"Sendmail", kSendmail,
       "<17.abc@example.org> \nbob+tag@example.net failed 5.1.1 550 5.1.1 "
       "<bob+tag@example.net>... User unknown\n"},
      {"Gmail", kGmail,
       "<17.abc@example.org> \nbob@example.net failed 5.1.1 550-5.1.1 The email account that you "
       "tried to reach does not exist. Please try 550 5.1.1 double-checking the recipient's email "
       "address\n"},
      {"Exchange", kExchange,
       "<17.abc@example.org> \nbob@corp.example failed 5.1.10 550 5.1.10 "
       "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n"},
      {"OpenSMTPD", kOpenSmtpd, "<17.abc@example.org> \nbob@example.net failed 5.0.0 \n"},
      {"RFC 6533", kUtf8, "<17.abc@example.org> \nböb@example.net failed 5.6.7 550 5.6.7 nö\n"},
      {"qmail", kQmail,
       "<17.abc@example.org> \n"
       "bob@example.net failed 5.1.1 192.0.2.1 does not like recipient. Remote host said: 550 "
       "5.1.1 "
       "no such user Giving up on 192.0.2.1.\n"
       "carol@example.net failed 5.1.1 Sorry, no mailbox here by that name. (#5.1.1)\n"},
      {"old Exim", kEximThen,
       "<17.abc@example.org> \n"
       "bob@example.net failed 5.1.1 SMTP error from remote mail server after RCPT "
       "TO:<bob@example.net>: host mx.example.net [192.0.2.1]: 550 5.1.1 no such user\n"
       "carol@example.net failed  mailbox is full: retry timeout exceeded\n"},
      {"old Gmail", kGmailThen,
       "<17.abc@example.org> \nbob@example.net failed 5.2.1 550 550 5.2.1 mailbox disabled (state "
       "14).\n"},
      {"old Exchange", kExchangeThen,
       "<17.abc@example.org> \nbob@corp.example failed 5.1.1 The e-mail account does not exist at "
       "the organization this message was sent to. <ex.corp.example #5.1.1>\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ReportIn(c.message), c.told);
    // The same with the line ends that travel.
    std::string wire;
    for (const char* at = c.message; *at != '\0'; ++at) {
      if (*at == '\n') wire.push_back('\r');
      wire.push_back(*at);
    }
    EXPECT_EQ(ReportIn(wire), c.told);
  }
}

std::string Report(absl::string_view status, absl::string_view type = "delivery-status") {
  return absl::StrCat("Content-Type: multipart/report; report-type=", type,
                      "; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n", status,
                      "\n--b--\n");
}

TEST(DeliveryReport, IsReadFromWhatServersGetWrong) {
  const struct {
    const char *name, *status, *told;
  } cases[] = {
      {"no block of the mail", "Final-Recipient: rfc822;b@c.d\nAction: failed\n",
       "<> \nb@c.d failed  \n"},
      {"no action", "A: b\n\nFinal-Recipient: rfc822;b@c.d\nStatus: 5.1.1\n",
       "<> \nb@c.d failed 5.1.1 \n"},
      {"neither action nor status", "A: b\n\nFinal-Recipient: rfc822;b@c.d\n", "none"},
      {"no type, angle brackets", "A: b\n\nFinal-Recipient: <b@c.d>\nAction: FAILED\n",
       "<> \nb@c.d failed  \n"},
      {"an original of another type",
       "A: b\n\nOriginal-Recipient: x400;/S=b/\nFinal-Recipient: rfc822;b@c.d\nAction: failed\n",
       "<> \nb@c.d failed  \n"},
      {"an empty original",
       "A: b\n\nOriginal-Recipient: rfc822;\nFinal-Recipient: rfc822;b@c.d\nAction: failed\n",
       "<> \nb@c.d failed  \n"},
      {"a plus that is none of xtext",
       "A: b\n\nOriginal-Recipient: rfc822;b+41@c.d\nFinal-Recipient: rfc822;b+41@c.d\n"
       "Action: failed\n",
       "<> \nb+41@c.d failed  \n"},
      {"empty lines and rubbish between blocks",
       "A: b\n\n\n\nthis is no field\n\nFinal-Recipient: rfc822;b@c.d\nAction: relayed\n",
       "<> \nb@c.d relayed  \n"},
      {"an encoded envelope id",
       "Original-Envelope-Id: a+2Bb@c\n\nFinal-Recipient: "
       "rfc822;b@c.d\nAction: delivered\n",
       "<> a+b@c\nb@c.d delivered  \n"},
      {"a diagnostic without a type",
       "A: b\n\nFinal-Recipient: rfc822;b@c.d\nAction: failed\nDiagnostic-Code: no way; sorry\n",
       "<> \nb@c.d failed  no way; sorry\n"},
      {"nothing", "", "none"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ReportIn(Report(c.status)), c.told);
  }
}

TEST(DeliveryReport, IsNoMailThatOnlyLooksLikeOne) {
  const std::string status = "Final-Recipient: rfc822;b@c.d\nAction: failed\n";
  EXPECT_NE(ReportIn(Report(status)), "none");
  EXPECT_EQ(ReportIn(Report(status, "disposition-notification")), "none");
  // Forwarded, it is the business of somebody else.
  EXPECT_EQ(ReportIn(absl::StrCat("Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: "
                                  "message/rfc822\n\n",
                                  Report(status), "\n--m--\n")),
            "none");
  // A list's footer around it.
  EXPECT_NE(ReportIn(absl::StrCat("Content-Type: multipart/mixed; boundary=m\n\n--m\n",
                                  Report(status), "\n--m\n\n-- \na list\n--m--\n")),
            "none");
  for (absl::string_view bounce : {kQmail, kEximThen, kGmailThen, kExchangeThen}) {
    std::string by_a_person(bounce);
    if (by_a_person.find("Return-Path: <>") == 0 || by_a_person.find("Return-path: <>") == 0) {
      by_a_person.replace(0, 15, "Return-Path: <eve@example.net>");
    }
    const size_t from = by_a_person.find("From: ");
    by_a_person.replace(from, by_a_person.find('\n', from) - from, "From: eve@example.net");
    EXPECT_EQ(ReportIn(by_a_person), "none");
  }
  EXPECT_EQ(ReportIn("Return-Path: <>\nFrom: MAILER-DAEMON@a.b\nSubject: Out of office\n\n"
                     "I am away; write to\n\nbob@example.net\n"),
            "none");
}

TEST(DeliveryReport, HasLimits) {
  std::string status = "Reporting-MTA: dns; x\n\n";
  for (int i = 0; i < 3000; ++i) {
    absl::StrAppend(&status, "Final-Recipient: rfc822;b", i, "@c.d\nAction: failed\n\n");
  }
  EXPECT_EQ(ParseMail(Report(status)).delivery_report->recipients.size(), 100u);

  const std::string long_words(5000, 'x');
  const auto report =
      ParseMail(Report(absl::StrCat("A: b\n\nFinal-Recipient: rfc822;b@c.d\nAction: "
                                    "failed\nDiagnostic-Code: smtp; \x1b[2J\xe2\x80\xae\xff",
                                    long_words, "\n")))
          .delivery_report;
  ASSERT_TRUE(report);
  const std::string& diagnostic = report->recipients[0].diagnostic;
  EXPECT_LE(diagnostic.size(), 512u);
  EXPECT_GE(diagnostic.size(), 500u);
  EXPECT_TRUE(IsUtf8(diagnostic));
  EXPECT_FALSE(HasControls(diagnostic));
  EXPECT_FALSE(HasBidiControls(diagnostic));

  const std::string long_address = absl::StrCat("A: b\n\nFinal-Recipient: rfc822;",
                                                std::string(600, 'b'), "@c.d\nAction: failed\n");
  EXPECT_EQ(ReportIn(Report(long_address)), "none");
  std::string blocks = "Return-Path: <>\nX-Failed-Recipients: b@c.d\n\n";
  for (int i = 0; i < 300; ++i) absl::StrAppend(&blocks, "b", i, "@c.d\n");
  EXPECT_EQ(ParseMail(blocks).delivery_report->recipients.size(), 1u);
}

TEST(EnhancedStatus, IsTheFirstCodeInAText) {
  const struct {
    const char *text, *status;
  } cases[] = {
      {"5.1.1", "5.1.1"},
      {"550 5.7.26 spf", "5.7.26"},
      {"mailbox full (#4.2.2)", "4.2.2"},
      {"550-5.1.1 no", "5.1.1"},
      {"host mx[5.1.1.7] said: 554 5.7.1 spam", "5.7.1"},
      {"15.1.1", ""},
      {"3.1.1", ""},
      {"5.1", ""},
      {"5.1234.1", ""},
      {"250 2.0.0", "2.0.0"},
      {"5.1.1. Bye", "5.1.1"},
      {"", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(EnhancedStatus(c.text), c.status);
  }
}

TEST(UndoXtext, LeavesWhatIsNone) {
  EXPECT_EQ(UndoXtext("a+2Bb+3Dc"), "a+b=c");
  EXPECT_EQ(UndoXtext("bob+list@x"), "bob+list@x");
  EXPECT_EQ(UndoXtext("a+2Bb+list"), "a+2Bb+list");
  EXPECT_EQ(UndoXtext("a+0D+0Ab"), "a+0D+0Ab");
  EXPECT_EQ(UndoXtext("a+"), "a+");
}

}  // namespace
}  // namespace postern::mail
