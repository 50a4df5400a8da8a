#include "services/rules/engine/message_view.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/unit/rules/engine/engine_bench.h"

namespace postern::rules {
namespace {

constexpr absl::string_view kNested = R"(From: Bob <bob@Example.NET>
Subject: =?utf-8?q?H=C3=A9?= =?utf-8?q?llo?=
Received: one
received: two
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

caf=E9
--a
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/html

<p>rich <b>text</b></p>
--b--
--a
Content-Type: message/rfc822

Subject: inner
Content-Type: text/plain

inside
--a
Content-Type: application/pdf; name="offer.pdf"
Content-Disposition: attachment; filename="offer.pdf"
Content-Transfer-Encoding: base64

JVBERg==
--a--
)";

TEST(MessageView, FieldsAreFoundInAnyCaseInOrder) {
  const std::string mail = MailOf(kNested);
  const MessageView view(mail);
  const auto received = view.Fields("RECEIVED");
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[0]->raw, "one");
  EXPECT_EQ(received[1]->raw, "two");
  EXPECT_EQ(view.Fields("Subject")[0]->decoded(), "H\xC3\xA9llo");
  EXPECT_TRUE(view.Fields("X-None").empty());
}

TEST(MessageView, DomainsKeepTheirCaseInAddresses) {
  const std::string mail =
      MailOf("From: Bob <bob@Example.NET>, \"a b\"@X.org (note), broken, g: c@D.e;\n\n");
  const MessageView view(mail);
  const auto from = view.Fields("From")[0]->mailboxes();
  ASSERT_EQ(from.size(), 4u);
  EXPECT_EQ(from[0].whole, "bob@Example.NET");
  EXPECT_EQ(from[1].local_part, "a b");
  EXPECT_EQ(from[1].domain, "X.org");
  EXPECT_EQ(from[2].whole, "broken");
  EXPECT_EQ(from[2].domain, "");
  EXPECT_EQ(from[3].whole, "c@D.e");
}

TEST(MessageView, PartsAreThoseOfAttachedMessagesToo) {
  const std::string mail = MailOf(kNested);
  const MessageView view(mail);
  std::vector<std::string> parts;
  for (const auto& part : view.Parts())
    parts.push_back(absl::StrCat(part.type, "/", part.subtype, " ", part.end));
  EXPECT_EQ(absl::StrJoin(parts, ", "),
            "multipart/mixed 7, text/plain 2, multipart/alternative 4, text/html 4, "
            "message/rfc822 6, text/plain 6, application/pdf 7");
  EXPECT_EQ(view.Parts()[6].file_name, "offer.pdf");
  EXPECT_EQ(view.FieldsOf(5, "subject")[0]->raw, "inner");
  EXPECT_EQ(view.FieldsOf(0, "subject")[0]->decoded(), "H\xC3\xA9llo");
}

TEST(MessageView, ContentIsDecodedAndTextIsWhatPeopleRead) {
  const std::string mail = MailOf(kNested);
  const MessageView view(mail);
  EXPECT_EQ(view.Content(1), "caf\xC3\xA9");
  EXPECT_EQ(view.Content(6), "%PDF");
  EXPECT_EQ(view.Content(0), "");
  EXPECT_NE(view.Text().find("caf\xC3\xA9"), absl::string_view::npos);
  EXPECT_NE(view.Text().find("rich text"), absl::string_view::npos);
  EXPECT_NE(view.Text().find("inside"), absl::string_view::npos);
  EXPECT_EQ(view.Text().find("<b>"), absl::string_view::npos);
  EXPECT_EQ(view.Text().find("PDF"), absl::string_view::npos);
}

TEST(MessageView, EditsLastUntilReset) {
  const std::string mail = MailOf("A: 1\nB: 2\nA: 3\n\nbody");
  MessageView view(mail);
  view.AddField("A", "0", /*last=*/false);
  EXPECT_EQ(view.Fields("a")[0]->decoded(), "0");
  EXPECT_TRUE(view.DeleteField("a", 1));
  EXPECT_EQ(view.Fields("a").size(), 2u);
  EXPECT_EQ(view.Fields("a")[1]->raw, "3");
  EXPECT_FALSE(view.DeleteField("a", 2));
  view.AddField("C", "x\r\nInjected: y", /*last=*/true);
  EXPECT_TRUE(view.Fields("Injected").empty());
  view.Reset();
  EXPECT_EQ(view.Fields("a")[0]->raw, "1");
  EXPECT_TRUE(view.Fields("c").empty());
  EXPECT_EQ(view.RawBody(), "body");
}

TEST(MessageView, SizeFollowsTheHeader) {
  const std::string mail = MailOf("A: 1\nB: 22\n\nbody");
  MessageView view(mail);
  view.AddField("C", "333", /*last=*/true);
  EXPECT_EQ(view.size(), mail.size() + 8);
  view.DeleteField("B", 0);
  EXPECT_EQ(view.size(), mail.size() + 1);
  view.Reset();
  EXPECT_EQ(view.size(), mail.size());
}

TEST(MessageView, ShowsWhatStandsAroundParts) {
  const std::string mail = MailOf(
      "Content-Type: multipart/mixed; boundary=a\n\nbefore\nit\n--a\n"
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\ninner\n--a--\nafter");
  const MessageView view(mail);
  EXPECT_EQ(absl::StrJoin(view.AroundParts(0), "|"), "before\nit|after");
  EXPECT_EQ(absl::StrJoin(view.AroundParts(1), "|"), "|inner");
  EXPECT_TRUE(view.AroundParts(2).empty());
  EXPECT_TRUE(view.AroundParts(99).empty());
}

TEST(MessageView, TellsAnEmptyBodyFromNone) {
  const struct {
    const char* mail;
    bool has_body;
  } cases[] = {{"A: 1\r\n", false},     {"A: 1", false}, {"A: 1\r\n\r\n", true},
               {"A: 1\r\n\r\nx", true}, {"\r\n", true},  {"A: 1\n\n", true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.mail);
    EXPECT_EQ(MessageView(c.mail).HasBody(), c.has_body);
  }
}

TEST(MessageView, RawLinesEndAsThoseOfRules) {
  EXPECT_EQ(MessageView("A: 1\r\n\r\nx\r\ny\r\n").RawLines(), "x\ny\n");
}

TEST(MessageView, NothingThereIsFine) {
  for (absl::string_view mail :
       {"", "\r\n", "no header at all", "A", "\xFF\xFE: \xFF\r\n\r\n\xFF"}) {
    SCOPED_TRACE(mail);
    const MessageView view(mail);
    EXPECT_GE(view.Parts().size(), 1u);
    view.Text();
    view.Content(0);
    view.Content(99);
  }
}

}  // namespace
}  // namespace postern::rules
