#include <gtest/gtest.h>

#include <string>

#include "tests/unit/rules/engine/engine_bench.h"

// What each test of Sieve says of mails: true is `discard`.
namespace postern::rules {
namespace {

constexpr absl::string_view kMail = R"(Return-Path: <bob@example.net>
Received: from a by b; Sat, 03 Jan 2026 23:30:00 -0500
Received: from c by a; Sat, 03 Jan 2026 23:00:00 -0500
From: "Bob, the builder" <bob+work@Example.NET>
To: ann+lists@example.org, carl@example.com
Cc: dora@example.com
Subject:   =?utf-8?q?Gr=C3=BC=C3=9Fe?= from
 Bob
X-Empty:
X-Score: 42
X-Spam-Status: Yes, score=7.5 required=5.0 tests=A,B
X-Virus-Status: Clean
Message-ID: <1@example.net>
Date: Mon, 05 Jan 2026 10:00:00 +0100
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

The first part.
Second line
--b
Content-Type: text/html

<p>Rich &amp; famous</p>
--b
Content-Type: application/x-msdownload; name="Virus.EXE"
Content-Disposition: attachment; filename="Virus.EXE"

MZ
--b--
)";

bool IsTrue(absl::string_view test, const Facts& facts = SomeFacts()) {
  const std::string script = absl::StrCat(
      R"(require ["envelope","subaddress","relational","comparator-i;ascii-numeric","body","date",
      "index","variables","imap4flags","environment","regex","mime","spamtest","virustest",
      "spamtestplus","comparator-i;octet","extlists","enotify","foreverypart","fileinto"];
      set "v" "value"; addflag ["\\Seen", "work"]; if )",
      test, " { discard; }");
  const Evaluation evaluation = Outcome(script, kMail, facts);
  EXPECT_FALSE(evaluation.error.has_value()) << evaluation.error->message;
  return Told(evaluation).substr(0, 7) == "discard";
}

TEST(Asking, TrueAndFalse) {
  const struct {
    const char* test;
    bool is_true;
  } cases[] = {
      // header
      {R"(header "subject" "Gr\u00fc\u00dfe from Bob")", false},
      {"header \"subject\" \"Gr\xC3\xBC\xC3\x9F"
       "e from Bob\"",
       true},
      {R"(header :contains "SUBJECT" "FROM")", true},
      {R"(header :comparator "i;octet" :contains "subject" "FROM")", false},
      {R"(header :is ["x-none","x-empty"] "")", true},
      {R"(header :contains "x-none" "")", false},
      {R"(header :contains "x-empty" "")", true},
      {R"(header :matches "subject" "*from*")", true},
      {R"(header :matches "subject" "from*")", false},
      {R"(header :regex "subject" "^Gr.*bob$")", true},
      {R"(header :regex :comparator "i;octet" "subject" "bob$")", false},
      {R"(header :count "eq" "received" "2")", true},
      {R"(header :count "gt" :comparator "i;ascii-numeric" ["received","cc"] "2")", true},
      {R"(header :value "gt" :comparator "i;ascii-numeric" "x-score" "5")", true},
      {R"(header :value "gt" "x-score" "5")", false},
      {R"(header :index 1 :contains "received" "from a")", true},
      {R"(header :index 1 :last :contains "received" "from a")", false},
      {R"(header :index 3 :contains "received" "from")", false},
      // address
      {R"(address :is "from" "bob+work@example.net")", true},
      {R"(address :localpart "from" "bob+work")", true},
      {R"(address :user "from" "bob")", true},
      {R"(address :detail "to" "lists")", true},
      {R"(address :detail "cc" "")", false},
      {R"(address :domain :comparator "i;octet" "from" "example.net")", false},
      {R"(address :domain "from" "example.net")", true},
      {R"(address :contains "from" "builder")", false},
      {R"(address :count "eq" ["to","cc"] "3")", true},
      // envelope
      {R"(envelope "from" "bob@example.net")", true},
      {R"(envelope :domain "to" "example.org")", true},
      {R"(envelope "from" "")", false},
      // exists, size
      {R"(exists ["from","to","x-empty"])", true},
      {R"(exists ["from","x-none"])", false},
      {"size :over 100", true},
      {"size :under 100", false},
      // body
      {R"(body :contains "first part")", true},
      {R"(body :contains "rich & famous")", true},
      {R"(body :raw :contains "&amp;")", true},
      {R"(body :contains "<p>")", false},
      {R"(body :content "text/html" :contains "<p>")", true},
      {R"(body :content "application" :contains "MZ")", true},
      {R"(body :contains "not there")", false},
      {R"(body :regex "second +line$")", false},
      {R"(body :matches "*second line*")", true},
      // date
      {R"(date :zone "+0100" "date" "hour" "10")", true},
      {R"(date "date" "hour" "09")", true},
      {R"(date :originalzone "received" "date" "2026-01-03")", true},
      {R"(date "received" "date" "2026-01-04")", true},
      {R"(date :index 2 :originalzone "received" "hour" "23")", true},
      {R"(date :originalzone "received" "minute" "00")", false},  // the first one alone
      {R"(date :count "eq" :comparator "i;ascii-numeric" "received" "hour" "1")", true},
      {R"(date :value "lt" "date" "year" "2027")", true},
      {R"(currentdate "weekday" "1")", true},
      {R"(currentdate :zone "-1200" "date" "2026-01-04")", true},
      // variables, flags
      {R"(string "${v}" "VALUE")", true},
      {R"(string :count "eq" ["a","","b"] "2")", true},
      {R"(hasflag "\\seen")", true},
      {R"(hasflag :contains "wor")", true},
      {R"(hasflag :count "ge" "2")", true},
      {R"(hasflag "other")", false},
      // environment
      {R"(environment "name" "Postern")", true},
      {R"(environment :matches "nothing.there" "*")", false},
      {R"(environment "vnd.postern.presence" "dnd")", true},
      // mime
      {R"(header :mime :type "content-type" "multipart")", true},
      {R"(header :mime :anychild :contenttype "content-type" "text/html")", true},
      {R"(header :mime :contenttype "content-type" "text/html")", false},
      {R"(header :mime :anychild :param "filename" :matches "content-disposition" "*.exe")", true},
      {R"(header :mime :anychild :subtype "content-type" "plain")", true},
      // spam and viruses
      {R"(spamtest :value "ge" :comparator "i;ascii-numeric" "10")", true},
      {R"(virustest :value "eq" :comparator "i;ascii-numeric" "1")", true},
      // lists, methods
      {R"(header :list "from" "contacts")", false},
      {R"(address :list "from" "urn:ietf:params:sieve:addrbook:default")", false},
      {R"(valid_notify_method ["xmpp:a@b.c","mailto:x@y.z"])", true},
      {R"(valid_notify_method "sms:1")", false},
  };
  Facts facts = SomeFacts();
  facts.environment["vnd.postern.presence"] = "dnd";
  for (const auto& c : cases) {
    SCOPED_TRACE(c.test);
    EXPECT_EQ(IsTrue(c.test, facts), c.is_true);
    EXPECT_EQ(IsTrue(absl::StrCat("not ", c.test), facts), !c.is_true);
  }
}

TEST(Asking, TheNullReturnPathIsTheEmptyString) {
  Facts facts = SomeFacts();
  facts.envelope_from = "";
  EXPECT_TRUE(IsTrue(R"(envelope :domain "from" "")", facts));
  facts.envelope_known = false;
  EXPECT_FALSE(IsTrue(R"(envelope "from" "")", facts));
}

TEST(Asking, ListsAreFacts) {
  Facts facts = SomeFacts();
  const char* test = R"(address :list "from" "tag:postern,contacts")";
  EXPECT_FALSE(IsTrue(test, facts));
  facts.looked_up[ListMemberFact("tag:postern,contacts", "bob+work@example.net")] = "yes";
  EXPECT_TRUE(IsTrue(test, facts));
}

TEST(Asking, EachPartIsLookedAtInTurn) {
  const Evaluation evaluation = Outcome(
      R"(require ["foreverypart","mime","variables","extracttext","fileinto"];
      foreverypart {
        if header :mime :contenttype "content-type" "text/plain" {
          extracttext :first 9 "t";
          fileinto "${t}";
          break;
        }
      })",
      kMail);
  EXPECT_EQ(Told(evaluation), "fileinto \"The first\"");
}

}  // namespace
}  // namespace postern::rules
