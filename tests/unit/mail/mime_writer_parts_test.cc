// Mails with more than a text: their structure, their names, and what may not get in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/mail/attachment_body.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/mime_tree.h"
#include "lib/mail/mime_writer.h"
#include "lib/mail/transfer_encoding.h"

namespace postern::mail {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

OutgoingMail Sample() {
  OutgoingMail mail;
  mail.from = {"Ann", "ann", "example.org"};
  mail.to = {{"", "bob", "example.net"}};
  mail.subject = "Hello";
  mail.text = "Hi Bob";
  mail.message_id = "1@example.org";
  mail.date_unix = 1795330800;
  mail.boundary = "0123abcd";
  return mail;
}

constexpr char kImage[] = "\x89PNG\r\n\x1a\n\0not really";

OutgoingPart Image() {
  return {absl::string_view(kImage, sizeof kImage - 1), "cat.png", "image/png", "cat@example.org"};
}

// "mixed(alternative(plain,related(html,png)),pdf)"
std::string Shape(const MimeTree& tree, size_t at) {
  const std::string& type = tree.parts[at].type.value;
  const std::string name = type.substr(type.find('/') + 1);
  if (!tree.parts[at].is_multipart) return name;
  std::vector<std::string> children;
  for (size_t i = at + 1; i < tree.parts.size(); ++i) {
    if (tree.parts[i].parent == at) children.push_back(Shape(tree, i));
  }
  return absl::StrCat(name, "(", absl::StrJoin(children, ","), ")");
}

std::string ShapeOf(const std::string& wire) { return Shape(ReadMimeTree(wire, ParseLimits()), 0); }

TEST(WriteMailParts, NestsThemAsClientsExpect) {
  const OutgoingPart pdf{"%PDF", "a.pdf", "application/pdf", ""};
  const struct {
    const char* name;
    const char* html;
    std::vector<OutgoingPart> parts;
    const char* shape;
  } cases[] = {
      {"text", "", {}, "plain"},
      {"HTML", "<b>Hi</b>\n", {}, "alternative(plain,html)"},
      {"attachment", "", {pdf}, "mixed(plain,pdf)"},
      {"HTML and attachment", "<b>Hi</b>\n", {pdf}, "mixed(alternative(plain,html),pdf)"},
      {"image in HTML", "<b>Hi</b>\n", {Image()}, "alternative(plain,related(html,png))"},
      {"all", "<b>Hi</b>\n", {pdf, Image()}, "mixed(alternative(plain,related(html,png)),pdf)"},
      {"image without HTML", "", {Image()}, "mixed(plain,png)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    OutgoingMail mail = Sample();
    mail.html = c.html;
    mail.parts = c.parts;
    const auto wire = WriteMail(mail);
    ASSERT_TRUE(wire.ok()) << wire.status();
    EXPECT_EQ(ShapeOf(*wire), c.shape);
    EXPECT_EQ(*wire, *WriteMail(mail)) << "the same bytes each time";
    EXPECT_EQ(ParseMail(*wire).text, "Hi Bob");
  }
}

TEST(WriteMailParts, KeepsEachByte) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(i));
  for (const char* type : {"application/pdf", "text/plain", "text/html", "image/png", ""}) {
    SCOPED_TRACE(type);
    OutgoingMail mail = Sample();
    mail.parts = {{bytes, "a.bin", type, ""}};
    const auto wire = WriteMail(mail);
    ASSERT_TRUE(wire.ok());
    const auto found = FindAttachment(*wire, 1);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(DecodeTransferEncoding(found->bytes, found->encoding, 10'000).bytes, bytes);
    EXPECT_EQ(found->about.file_name, "a.bin");
  }
}

TEST(WriteMailParts, WritesNames) {
  const struct {
    const char *name, *read;
    const char* field;
  } cases[] = {
      {"a.txt", "a.txt", "filename=\"a.txt\""},
      {"a \"b\" \\.txt", ".txt", "filename=\".txt\""},
      {"say \"hi\".txt", "say \"hi\".txt", "filename=\"say \\\"hi\\\".txt\""},
      {"Grüße.txt", "Grüße.txt", "filename*=utf-8''Gr%C3%BC%C3%9Fe.txt"},
      {"../../etc/passwd", "passwd", "filename=\"passwd\""},
      {"C:\\boot.ini", "boot.ini", "filename=\"boot.ini\""},
      {"a\r\nX-Evil: 1.txt", "a X-Evil: 1.txt", "filename=\"a X-Evil: 1.txt\""},
      {"a\"; x=\"y.txt", "a\"; x=\"y.txt", "filename=\"a\\\"; x=\\\"y.txt\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    OutgoingMail mail = Sample();
    mail.parts = {{"x", c.name, "text/plain", ""}};
    const auto wire = WriteMail(mail);
    ASSERT_TRUE(wire.ok()) << wire.status();
    const Mail back = ParseMail(*wire);
    ASSERT_EQ(back.attachments.size(), 1u);
    EXPECT_THAT(*wire, HasSubstr(c.field));
    EXPECT_EQ(back.attachments[0].file_name, c.read);
    EXPECT_THAT(*wire, Not(HasSubstr("\r\nX-Evil")));
  }
  OutgoingMail mail = Sample();
  mail.parts = {{"x", "Grüße.txt", "text/plain", ""}};
  EXPECT_THAT(*WriteMail(mail), HasSubstr("name=\"Gr__e.txt\"")) << "for those without RFC 2231";
}

TEST(WriteMailParts, TakesNoTypeThatIsNone) {
  const struct {
    const char *type, *written;
  } cases[] = {
      {"image/png", "image/png;"},
      {"IMAGE/PNG", "image/png;"},
      {"text/calendar; method=REQUEST; charset=utf-8; x=\"y\"",
       "text/calendar; charset=utf-8; method=REQUEST"},
      {"text/csv", "text/csv;"},
      {"", "application/octet-stream"},
      {"nonsense", "application/octet-stream"},
      {"image/", "application/octet-stream"},
      {"image/png\r\nX-Evil: 1", "application/octet-stream"},
      {"image/p\x01ng", "application/octet-stream"},
      {"multipart/mixed; boundary=x", "application/octet-stream"},
      {"message/partial; id=x; number=1", "application/octet-stream"},
      {"text/plain; charset=\"a\r\nb\"", "application/octet-stream"},
      {"text/plain; charset=\"a; x=y\"", "text/plain"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.type);
    OutgoingMail mail = Sample();
    mail.parts = {{"x", "a", c.type, ""}};
    const auto wire = WriteMail(mail);
    ASSERT_TRUE(wire.ok());
    EXPECT_THAT(*wire, Not(HasSubstr("X-Evil")));
    EXPECT_THAT(*wire,
                HasSubstr(absl::StrCat("Content-Type: ", absl::StripSuffix(c.written, ";"))));
  }
}

TEST(WriteMailParts, LetsAMailStandAsItIs) {
  const std::string forwarded = "From: eve@example.net\r\nSubject: x\r\n\r\nbody\r\n";
  OutgoingMail mail = Sample();
  mail.parts = {{forwarded, "x.eml", "message/rfc822", ""}};
  EXPECT_EQ(ShapeOf(*WriteMail(mail)), "mixed(plain,rfc822)");
  EXPECT_THAT(*WriteMail(mail), HasSubstr(forwarded));

  // What no relay would carry as it is goes as a file.
  for (const std::string& odd :
       {forwarded + "\xC3\xA4", forwarded + "\n", forwarded + "\r",
        forwarded + std::string(1, '\0'), forwarded + std::string(1000, 'x')}) {
    mail.parts = {{odd, "", "message/rfc822", ""}};
    const auto wire = WriteMail(mail);
    EXPECT_EQ(ShapeOf(*wire), "mixed(plain,octet-stream)");
    const auto found = FindAttachment(*wire, 1);
    EXPECT_EQ(DecodeTransferEncoding(found->bytes, found->encoding, 10'000).bytes, odd);
    EXPECT_EQ(found->about.file_name, "mail.eml");
  }
}

TEST(WriteMailParts, HasADelimiterThatStandsNowhere) {
  OutgoingMail mail = Sample();
  mail.text = "--=_0123abcd_0_a\n--=_0123abcd_1_a--";
  mail.parts = {{"Subject: x\r\n\r\n--=_0123abcd_2_a\r\n", "", "message/rfc822", ""}};
  const auto wire = WriteMail(mail);
  EXPECT_THAT(*wire, HasSubstr("boundary=\"=_0123abcd_3_a\""));
  EXPECT_EQ(ParseMail(*wire).text, mail.text);
}

TEST(WriteMailParts, WritesUtf8OnlyWhereItHasTo) {
  OutgoingMail mail = Sample();
  mail.from = {"Jürgen", "jürgen", "bücher.example"};
  mail.subject = "Grüße";
  const auto wire = WriteMail(mail);
  ASSERT_TRUE(wire.ok()) << wire.status();
  EXPECT_THAT(*wire, HasSubstr("<jürgen@bücher.example>"));
  EXPECT_THAT(*wire, HasSubstr("Subject: =?UTF-8?"));
  EXPECT_EQ(ParseMail(*wire).from.at(0), mail.from);
}

TEST(WriteMailParts, TellsWhoWroteItAndWhen) {
  OutgoingMail mail = Sample();
  mail.jabber_id = "ann@jabber.example";
  mail.auto_submitted = "auto-generated";
  mail.zone = absl::FixedTimeZone(5 * 3600 + 1800);
  const auto wire = WriteMail(mail);
  EXPECT_THAT(*wire, HasSubstr("Date: Sun, 22 Nov 2026 12:30:00 +0530\r\n"));
  EXPECT_THAT(*wire, HasSubstr("\r\nAuto-Submitted: auto-generated\r\n"));
  EXPECT_THAT(*wire, HasSubstr("\r\nJabber-ID: ann@jabber.example\r\n"));
}

TEST(WriteMailParts, BoundsReferences) {
  OutgoingMail mail = Sample();
  for (int i = 0; i < 1000; ++i) mail.references.push_back(absl::StrCat(i, "@example.net"));
  const auto back = ParseMail(*WriteMail(mail)).references;
  ASSERT_EQ(back.size(), 50u);
  EXPECT_EQ(back.front(), "0@example.net");
  EXPECT_EQ(back[1], "951@example.net");
  EXPECT_EQ(back.back(), "999@example.net");
}

}  // namespace
}  // namespace postern::mail
