#pragma once

// Reports in the forms that mail servers really send, written by hand after them.
namespace postern::mail {

inline constexpr char kPostfix[] = R"(Return-Path: <>
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

inline constexpr char kEximNow[] = R"(Return-path: <>
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

inline constexpr char kSendmail[] = R"(From: Mail Delivery Subsystem <MAILER-DAEMON@sm.example>
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

inline constexpr char kGmail[] = R"(Return-Path: <>
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

inline constexpr char kExchange[] = R"(From: <postmaster@corp.example>
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

inline constexpr char kOpenSmtpd[] = R"(Return-Path: <>
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

inline constexpr char kUtf8[] = R"(Return-Path: <>
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

inline constexpr char kQmail[] = R"(Return-Path: <>
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

inline constexpr char kEximThen[] = R"(Return-path: <>
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

inline constexpr char kGmailThen[] = R"(Return-Path: <>
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

inline constexpr char kExchangeThen[] = R"(From: postmaster@corp.example
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

}  // namespace postern::mail
