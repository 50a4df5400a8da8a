#include "services/sender/compose/copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/mime_parser.h"

namespace postern::sender {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kDate = 1'700'000'000;
constexpr char kMail[] =
    "Received: from a by b; Sun, 22 Nov 2026 07:00:00 +0000\r\n"
    "From: Bob <bob@example.net>\r\n"
    "To: ann@example.org\r\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    "Message-ID: <1@example.net>\r\n"
    "DKIM-Signature: v=1; a=b;\r\n"
    "\tc=d\r\n"
    "\r\n"
    "body\r\n.\r\nend\r\n";

CopyOrder Order(absl::string_view mail, bool headers_only = false) {
  CopyOrder order;
  order.account_id = "work";
  order.from = {"Ann", "ann", "example.org"};
  order.recipients = {{"", "boss", "example.com"}};
  order.mail = mail;
  order.headers_only = headers_only;
  return order;
}

std::string Marks(const std::string& content) {
  return content.substr(0, content.find("Received:"));
}

TEST(ComposeCopy, ChangesNothingButItsMark) {
  const auto copy = ComposeCopy(Order(kMail), "key", kDate);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->envelope.from, "ann@example.org");
  EXPECT_EQ(copy->envelope.to, std::vector<std::string>{"boss@example.com"});
  EXPECT_EQ(copy->envelope.size, copy->content.size());
  EXPECT_FALSE(copy->envelope.eight_bit);
  EXPECT_EQ(copy->message_id, "1@example.net");
  const std::string mark = Marks(copy->content);
  EXPECT_EQ(copy->content, mark + kMail);
  EXPECT_TRUE(absl::StartsWith(mark, "X-Postern-Copied: "));
  EXPECT_THAT(mark, Not(HasSubstr("boss"))) << "who else has a copy is nobody's business";
}

TEST(ComposeCopy, SendsNothingRoundInACircle) {
  const auto first = ComposeCopy(Order(kMail), "key", kDate);
  ASSERT_TRUE(first.ok());
  const auto again = ComposeCopy(Order(first->content), "other", kDate);
  EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ComposeCopy(Order(first->content, true), "k", kDate).status().code(),
            absl::StatusCode::kFailedPrecondition)
      << "headers of a copy";

  CopyOrder further = Order(first->content);
  further.recipients.push_back({"", "eve", "example.com"});
  const auto to_eve = ComposeCopy(further, "k", kDate);
  ASSERT_TRUE(to_eve.ok()) << "she had none yet: " << to_eve.status();
  EXPECT_EQ(to_eve->envelope.to, std::vector<std::string>{"eve@example.com"});

  CopyOrder elsewhere = Order(first->content);
  elsewhere.account_id = "home";
  EXPECT_TRUE(ComposeCopy(elsewhere, "k", kDate).ok()) << "a chain is no circle";
  CopyOrder same = Order(first->content);
  same.recipients = {{"", "BOSS", "Example.COM"}};
  EXPECT_FALSE(ComposeCopy(same, "k", kDate).ok());
}

TEST(ComposeCopy, TellsNobodyWhomItWasForInSecret) {
  const std::string mail =
      "bcc: eve@example.com,\r\n mallory@example.com\r\nFrom: a@b.c\r\nBCC : x@example.com\r\n"
      "Subject: x\rBcc: hidden@example.com\r\nResent-Bcc: y@example.com\nTo: z@example.org\r\n"
      "\r\nBcc: is text\r\n";
  const auto copy = ComposeCopy(Order(mail), "k", kDate);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->content.substr(copy->content.find("From:")),
            "From: a@b.c\r\nSubject: x\r\nTo: z@example.org\r\n\r\nBcc: is text\r\n");
  EXPECT_THAT(copy->content, Not(HasSubstr("eve@")));
  const auto header = ComposeCopy(Order(mail, true), "k", kDate);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_THAT(header->content, HasSubstr("To: z@example.org"));
  for (const char* secret : {"eve@", "mallory@", "hidden@", "x@example.com", "y@example.com"}) {
    EXPECT_THAT(header->content, Not(HasSubstr(secret)));
  }
}

TEST(ComposeCopy, HasNoSenderWhereNobodyIsToAnswer) {
  for (const char* field : {"Return-Path: <>\r\n", "Auto-Submitted: auto-replied (vacation)\r\n"}) {
    SCOPED_TRACE(field);
    const std::string mail = absl::StrCat(field, kMail);
    const auto copy = ComposeCopy(Order(mail), "k", kDate);
    ASSERT_TRUE(copy.ok()) << copy.status();
    EXPECT_EQ(copy->envelope.from, "");
  }
  const std::string generated = absl::StrCat("Auto-Submitted: auto-generated\r\n", kMail);
  const auto copy = ComposeCopy(Order(generated), "k", kDate);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->envelope.from, "ann@example.org");
}

TEST(ComposeCopy, StopsAfterFiftyServers) {
  std::string mail;
  for (int i = 0; i < 49; ++i) absl::StrAppend(&mail, "received: from a\r\n");
  EXPECT_TRUE(ComposeCopy(Order(absl::StrCat(mail, kMail)), "k", kDate).ok());
  absl::StrAppend(&mail, "Received: from a\r\n");
  EXPECT_EQ(ComposeCopy(Order(absl::StrCat(mail, kMail)), "k", kDate).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ComposeCopy, LetsNoBareLineEndOut) {
  const std::string odd =
      absl::StrCat("From: a@b.c\nSubject: x\r\n\r\na\rb\nc", std::string(1, '\0'), "d\r\r\n\n.");
  const auto copy = ComposeCopy(Order(odd), "k", kDate);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_TRUE(absl::EndsWith(copy->content,
                             "From: a@b.c\r\nSubject: x\r\n\r\na\r\nb\r\ncd\r\n\r\n\r\n.\r\n"))
      << copy->content;
}

TEST(ComposeCopy, RefusesWhatIsNoMail) {
  for (const std::string& mail :
       {std::string(), std::string("\r\nbody"), std::string("no header"),
        std::string(" folded: into our mark\r\n\r\n"), std::string("\tx\r\nFrom: a@b.c\r\n\r\n"),
        absl::StrCat("X: ", std::string(2'000'000, 'x'), "\r\n\r\n")}) {
    EXPECT_EQ(ComposeCopy(Order(mail), "k", kDate).status().code(),
              absl::StatusCode::kInvalidArgument)
        << mail.substr(0, 40);
  }
  CopyOrder order = Order(kMail);
  order.recipients[0].domain = "x>\r\nRCPT TO:<y";
  EXPECT_FALSE(ComposeCopy(order, "k", kDate).ok());
  order.recipients.clear();
  EXPECT_FALSE(ComposeCopy(order, "k", kDate).ok());
  EXPECT_EQ(ComposeCopy(Order(absl::StrCat(kMail, std::string(26 << 20, 'x'))), "k", kDate)
                .status()
                .code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ComposeCopy, LeavesMailboxLinesBehind) {
  const auto copy = ComposeCopy(Order(absl::StrCat("From bob Sun Nov 22\n", kMail)), "k", kDate);
  ASSERT_TRUE(copy.ok());
  EXPECT_THAT(copy->content, Not(HasSubstr("From bob Sun")));
}

// RFC 5321 section 4.5.5: what becomes of a report is not reported, or it would never end.
TEST(ComposeCopy, OfAReportComesFromNobody) {
  for (const bool headers_only : {false, true}) {
    const auto copy =
        ComposeCopy(Order(absl::StrCat("Return-Path: <>\r\n", kMail), headers_only), "k", kDate);
    ASSERT_TRUE(copy.ok());
    EXPECT_EQ(copy->envelope.from, "");
  }
}

TEST(ComposeCopy, TellsWhetherItNeedsUtf8) {
  const struct {
    const char* field;
    bool utf8;
  } cases[] = {{"From: jürgen@example.org\r\n", true},
               {"From: Jürgen <j@example.org>\r\n", false},
               {"Subject: Grüße\r\n", false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.field);
    const auto copy = ComposeCopy(Order(absl::StrCat(c.field, "X: y\r\n\r\nbody")), "k", kDate);
    ASSERT_TRUE(copy.ok());
    EXPECT_EQ(copy->envelope.utf8, c.utf8);
    EXPECT_TRUE(copy->envelope.eight_bit);
  }
}

TEST(ComposeCopy, CopiesTheHeaderAlone) {
  const auto copy = ComposeCopy(Order(kMail, true), "key", kDate);
  ASSERT_TRUE(copy.ok()) << copy.status();
  const std::string& content = copy->content;
  EXPECT_EQ(copy->envelope.to, std::vector<std::string>{"boss@example.com"});
  EXPECT_NE(copy->message_id, "1@example.net");
  EXPECT_TRUE(absl::StartsWith(content, "X-Postern-Copied: "));
  EXPECT_THAT(content, HasSubstr("\r\nAuto-Submitted: auto-generated\r\n"));
  const std::string header(kMail, absl::string_view(kMail).find("\r\n\r\n") + 2);
  EXPECT_THAT(content, HasSubstr(absl::StrCat("Content-Type: text/rfc822-headers\r\n")));
  EXPECT_THAT(content, HasSubstr(absl::StrCat("\r\n\r\n", header, "\r\n--")));
  EXPECT_THAT(content, Not(HasSubstr("body"))) << "not a byte of the body";
  const mail::Mail mail = mail::ParseMail(content);
  EXPECT_EQ(mail.subject, "Copy: Grüße");
  EXPECT_EQ(mail.from.at(0).Spec(), "ann@example.org");
}

}  // namespace
}  // namespace postern::sender
