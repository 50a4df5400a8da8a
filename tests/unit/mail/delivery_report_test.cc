// Reports in the forms that mail servers really send, written by hand after them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/mail/delivery_report_reader.h"
#include "lib/mail/delivery_report_text.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/utf8.h"

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

constexpr char kPostfix[] = R"(Return-Path: <>
From: MAILER-DAEMON@mail.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: ann@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4C1A2.1795330800/mail.example"
Message-Id: <20261122.4C1A2@mail.example>

This is a MIME-encapsulated message.

--4C1A2.1795330800/mail.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.

<bob@example.net> (expanded from <list@mail.example>): host mx.example.net[192.0.2.1]
    said: 550 5.1.1 no such user (in reply to RCPT TO command)

--4C1A2.1795330800/mail.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
X-Postfix-Queue-ID: 4C1A2
X-Postfix-Sender: rfc822; ann@example.org
Original-Envelope-Id: 17.abc@example.org
Arrival-Date: Sun, 22 Nov 2026 08:00:00 +0100 (CET)

Final-Recipient: rfc822; bob@example.net
Original-Recipient: rfc822;list@mail.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822; carol@example.net
Original-Recipient: rfc822;carol@example.net
Action: delayed
Status: 4.2.0
Diagnostic-Code: smtp; 450 4.2.0 <carol@example.net>:
    greylisted

--4C1A2.1795330800/mail.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <ann@example.org>
Subject: Lunch
Message-ID: <17.abc@example.org>

--4C1A2.1795330800/mail.example--
)";

constexpr char kEximNow[] = R"(Return-path: <>
X-Failed-Recipients: bob@example.net
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: ann@example.org
References: <17.abc@example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary=1795-eximdsn-9
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1795-eximdsn-9
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1795-eximdsn-9
Content-type: message/delivery-status

Reporting-MTA: dns; exim.example

Action: failed
Final-Recipient: rfc822;bob@example.net
Status: 5.0.0
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 552-5.2.2 The mailbox is full
 552 5.2.2 try later

--1795-eximdsn-9
Content-type: message/rfc822

Message-ID: <17.abc@example.org>
Subject: Lunch

Noon?
--1795-eximdsn-9--
)";

constexpr char kSendmail[] = R"(From: Mail Delivery Subsystem <MAILER-DAEMON@sm.example>
To: <ann@example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="xA.179/sm.example"
Subject: Returned mail: see transcript for details
Auto-Submitted: auto-generated (failure)

--xA.179/sm.example

   ----- The following addresses had permanent fatal errors -----
<bob@example.net>

--xA.179/sm.example
Content-Type: message/delivery-status

Reporting-MTA: dns; sm.example
Received-From-MTA: DNS; client.example
Arrival-Date: Sun, 22 Nov 2026 08:00:00 GMT

Original-Recipient: rfc822;bob+2Btag@example.net
Final-Recipient: RFC822; bob+tag@example.net
Action: failed (bad address)
Status: 5.1.1 (no mailbox)
Remote-MTA: DNS; mx.example.net
Diagnostic-Code: SMTP; 550 5.1.1 <bob+tag@example.net>... User unknown
Last-Attempt-Date: Sun, 22 Nov 2026 08:00:02 GMT

--xA.179/sm.example
Content-Type: message/rfc822

Return-Path: <ann@example.org>
Message-Id: <17.abc@example.org>

Noon?
--xA.179/sm.example--
)";

constexpr char kGmail[] = R"(Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: ann@example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <17.abc@example.org>
In-Reply-To: <17.abc@example.org>
X-Failed-Recipients: bob@example.net
Message-ID: <65.google@mx.google.com>
Content-Type: multipart/report; boundary="0000f1"; report-type=delivery-status

--0000f1
Content-Type: multipart/related; boundary="0000f2"

--0000f2
Content-Type: text/html; charset="UTF-8"

<p>Address not found</p>
--0000f2--
--0000f1
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; ann@example.org
X-Original-Message-ID: <17.abc@example.org>

Final-Recipient: rfc822; bob@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net. (192.0.2.1, the server for the domain example.net.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550 5.1.1 double-checking the recipient's email address

--0000f1
Content-Type: message/rfc822

From: ann@example.org

Noon?
--0000f1--
)";

constexpr char kExchange[] = R"(From: <postmaster@corp.example>
To: ann@example.org
Content-Type: multipart/report; report-type=delivery-status;
	boundary="9B09=_?:MX"
X-MS-Exchange-Message-Is-Ndr:
In-Reply-To: <17.abc@example.org>
Subject: Undeliverable: Lunch

--9B09=_?:MX
Content-Type: text/plain; charset="us-ascii"

Delivery has failed to these recipients or groups:

--9B09=_?:MX
Content-Type: message/delivery-status

Reporting-MTA: dns;EX1.corp.example

Final-recipient: RFC822;bob@corp.example
Action: failed
Status: 5.1.10
Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: Bob

--9B09=_?:MX--
)";

constexpr char kOpenSmtpd[] = R"(Return-Path: <>
Subject: Delivery status notification: error
From: Mailer Daemon <MAILER-DAEMON@osmtpd.example>
To: ann@example.org
Content-Type: multipart/mixed;boundary="1795.MAIL/osmtpd.example"

--1795.MAIL/osmtpd.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

--1795.MAIL/osmtpd.example
Content-Description: Delivery Report
Content-Type: message/delivery-status

Reporting-MTA: dns; osmtpd.example

Final-Recipient: rfc822; bob@example.net
Action: failed
Status: 5.0.0

--1795.MAIL/osmtpd.example
Content-Description: Message headers
Content-Type: text/rfc822-headers

Message-ID: <17.abc@example.org>

--1795.MAIL/osmtpd.example--
)";

constexpr char kUtf8[] = R"(Return-Path: <>
From: MAILER-DAEMON@mail.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/global-delivery-status
Content-Transfer-Encoding: base64

UmVwb3J0aW5nLU1UQTogZG5zOyBtYWlsLmV4YW1wbGUKCkZpbmFsLVJlY2lwaWVudDogdXRmLTg7
IGLDtmJAZXhhbXBsZS5uZXQKT3JpZ2luYWwtUmVjaXBpZW50OiB1dGYtODtiXHh7RjZ9YkBleGFt
cGxlLm5ldApBY3Rpb246IGZhaWxlZApTdGF0dXM6IDUuNi43CkRpYWdub3N0aWMtQ29kZTogc210
cDsgNTUwIDUuNi43IG7DtgoK
--b
Content-Type: message/global-headers

Message-ID: <17.abc@example.org>

--b--
)";

constexpr char kQmail[] = R"(Return-Path: <>
From: MAILER-DAEMON@qmail.example
To: ann@example.org
Subject: failure notice

Hi. This is the qmail-send program at qmail.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bob@example.net>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no such user
Giving up on 192.0.2.1.

<carol@example.net>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <ann@example.org>
Received: (qmail 1 invoked from network); 22 Nov 2026 07:00:00 -0000
Message-ID:
 <17.abc@example.org>
To: <bob@example.net>

<dave@example.net>: is no recipient
)";

constexpr char kEximThen[] = R"(Return-path: <>
X-Failed-Recipients: bob@example.net,
  carol@example.net
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: ann@example.org
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.net
    SMTP error from remote mail server after RCPT TO:<bob@example.net>:
    host mx.example.net [192.0.2.1]: 550 5.1.1 no such user
  carol@example.net
    mailbox is full: retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

Return-path: <ann@example.org>
Message-ID: <17.abc@example.org>
)";

constexpr char kGmailThen[] = R"(Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: ann@example.org
X-Failed-Recipients: bob@example.net
Subject: Delivery Status Notification (Failure)

Delivery to the following recipient failed permanently:

     bob@example.net

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the recipient domain.
The error that the other server returned was: 550 550 5.2.1 mailbox disabled (state 14).

----- Original message -----

Message-ID: <17.abc@example.org>
)";

constexpr char kExchangeThen[] = R"(From: postmaster@corp.example
To: ann@example.org
References: <17.abc@example.org>
Subject: Undeliverable: Lunch

Your message did not reach some or all of the intended recipients.

      Subject:  Lunch
      Sent:     11/22/2026 9:00 AM

The following recipient(s) could not be reached:

      bob@corp.example on 11/22/2026 9:00 AM
            The e-mail account does not exist at the organization this message was sent to.
            <ex.corp.example #5.1.1>
)";

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
