// Fault case F9: what a hostile author can make of MIME and HTML. Each of these
// takes minutes, or the stack, with a parser that is quadratic or recursive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/mail/html_to_text.h"
#include "lib/mail/mime_parser.h"

namespace postern::mail {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::string Repeat(const std::string& piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(MimeBomb, DeepNestingIsCutAndSaid) {
  for (int depth : {1000, 10000, 100000}) {
    SCOPED_TRACE(depth);
    std::string message = "Subject: deep\n";
    for (int i = 0; i < depth; ++i) {
      absl::StrAppend(&message, "Content-Type: multipart/mixed; boundary=b", i, "\n\n--b", i, "\n");
    }
    const Mail mail = ParseMail(message + "\nhello\n");
    EXPECT_EQ(mail.subject, "deep");
    EXPECT_THAT(mail.defects, Contains(HasSubstr("too complex")));
  }
}

TEST(MimeBomb, NestedMessagesStayOneAttachment) {
  const Mail mail = ParseMail(Repeat("Content-Type: message/rfc822\n\n", 100000) + "hi");
  EXPECT_EQ(mail.attachments.size(), 1u);
}

TEST(MimeBomb, ManyPartsAreCutAndSaid) {
  const Mail mail = ParseMail("Content-Type: multipart/mixed; boundary=b\n\n" +
                              Repeat("--b\nContent-Type: image/gif\n\nx\n", 100000) + "--b--\n");
  EXPECT_EQ(mail.attachments.size(), ParseLimits().parts - 1);
  EXPECT_THAT(mail.defects, Contains(HasSubstr("too many parts")));
}

TEST(MimeBomb, LinesLikeDelimitersCostNothing) {
  std::string message;
  for (int i = 0; i < 64; ++i)
    absl::StrAppend(&message, "Content-Type: multipart/mixed; boundary=b", i, "\n\n--b", i, "\n");
  const Mail mail = ParseMail(message + "\n" + Repeat("--b\n", 1000000));
  EXPECT_TRUE(mail.text_truncated);
}

TEST(MimeBomb, ManyAddressesAreCutAndSaid) {
  const Mail one_field =
      ParseMail("To: " + Repeat("ann@example.org, ", 100000) + "\nSubject: x\n\nhi");
  EXPECT_EQ(one_field.text, "hi");
  EXPECT_FALSE(one_field.defects.empty());

  const Mail many_fields = ParseMail(Repeat("To: ann@example.org\n", 100000) + "\nhi");
  EXPECT_EQ(many_fields.text, "hi");
  EXPECT_LE(many_fields.to.size(), ParseLimits().addresses);
  EXPECT_THAT(many_fields.defects, Contains(HasSubstr("header is too large")));
}

TEST(MimeBomb, HugeHeadersAreCutAndSaid) {
  for (const std::string& header : {"X: " + Repeat("x", 10000000) + "\n", Repeat("X: y\n", 2000000),
                                    "X: y\n" + Repeat(" z\n", 3000000)}) {
    const Mail mail = ParseMail("Subject: s\n" + header + "\nhi");
    EXPECT_EQ(mail.subject, "s");
    EXPECT_EQ(mail.text, "hi");
    EXPECT_THAT(mail.defects, Contains(HasSubstr("header is too large")));
  }
}

TEST(MimeBomb, ParameterFloodsAreBounded) {
  std::string pieces = "Content-Disposition: attachment", names = "Content-Type: a/b";
  for (int i = 0; i < 12000; ++i) {
    absl::StrAppend(&pieces, "; filename*", i, "*=%41");
    absl::StrAppend(&names, "; n", i, "=1");
  }
  EXPECT_EQ(ParseMail(absl::StrCat(pieces, "\n\nhi")).attachments.size(), 1u);
  EXPECT_EQ(ParseMail(absl::StrCat(names, "\n\nhi")).attachments.size(), 1u);
}

TEST(MimeBomb, ManyReferencesKeepTheFirstAndTheNewest) {
  std::string field = "References:";
  for (int i = 0; i < 10000; ++i) absl::StrAppend(&field, " <", i, "@x>");
  const Mail mail = ParseMail(field + "\n\n");
  ASSERT_EQ(mail.references.size(), ParseLimits().references);
  EXPECT_EQ(mail.references.front(), "0@x");
  EXPECT_EQ(mail.references[1], "9901@x");
  EXPECT_EQ(mail.references.back(), "9999@x");
}

TEST(HtmlBomb, IsCutNotSuffered) {
  std::string attributes = "<a", fonts, bodies, links;
  for (int i = 0; i < 300000; ++i) absl::StrAppend(&attributes, " a", i);
  for (int i = 0; i < 50000; ++i) {
    absl::StrAppend(&fonts, "<p><font color=", i, ">x");
    absl::StrAppend(&bodies, "<body a", i, "><b>");
    absl::StrAppend(&links, "<a href=", i, "><div>");
  }
  struct {
    const char* name;
    std::string html;
  } const cases[] = {
      {"div", Repeat("<div>", 400000)},
      {"b", Repeat("<b>", 600000)},
      {"blockquote", Repeat("<blockquote>x", 150000)},
      {"ul li", Repeat("<ul><li>x", 200000)},
      {"table", Repeat("<table><tr><td>", 130000)},
      {"foster parents", "<table>" + Repeat("<br>x", 400000)},
      {"misnested", Repeat("<b><div></b>x", 150000)},
      {"fonts", fonts},
      {"attributes", attributes + ">"},
      {"bodies", bodies},
      {"links", links},
      {"end tags", Repeat("<div>", 390) + Repeat("</p>", 500000)},
      {"unknown end tags", Repeat("<div>", 390) + Repeat("</x>", 500000)},
      {"select", Repeat("<select><option>", 100000)},
      {"svg", Repeat("<svg><desc>", 100000)},
      {"template", Repeat("<template>", 200000)},
      {"comment", Repeat("<!--", 500000)},
      {"entities", Repeat("&amp;&notit;&#x10FFFF;", 90000)},
      {"open tag", Repeat("<", 2000000)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const ReadableHtml readable = ReadHtml("<p>Hello</p>" + c.html, 512 * 1024);
    EXPECT_EQ(readable.text.substr(0, 5), "Hello");
  }
}

TEST(HtmlBomb, TextSizedLikeANodeIsNoNode) {
  std::string html = "<p>Hello</p>";
  for (size_t size = 100; size < 300; ++size) {
    absl::StrAppend(&html, "<i title=\"", std::string(size, '\x01'), "\">", std::string(size, 'y'),
                    "</i>");
  }
  EXPECT_FALSE(ReadHtml(html, 1 << 20).truncated);
}

}  // namespace
}  // namespace postern::mail
