#include "lib/mail/mime_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/mail/mime_parser.h"

namespace postern::mail {
namespace {

using ::testing::HasSubstr;

OutgoingMail Sample() {
  OutgoingMail mail;
  mail.from = {"Ann", "ann", "example.org"};
  mail.to = {{"", "bob", "example.net"}};
  mail.subject = "Hello";
  mail.text = "Hi Bob,\n.\nbye\n";
  mail.message_id = "1@example.org";
  mail.in_reply_to = "0@example.net";
  mail.references = {"a@example.net", "0@example.net"};
  mail.date_unix = 1795330800;
  mail.user_agent = "Postern/0.1";
  return mail;
}

// What must hold for every message we write.
void ExpectSafeOnTheWire(const std::string& wire) {
  for (size_t i = 0; i < wire.size(); ++i) {
    ASSERT_TRUE(wire[i] != '\n' || (i > 0 && wire[i - 1] == '\r')) << "bare LF at " << i;
    ASSERT_TRUE(wire[i] != '\r' || (i + 1 < wire.size() && wire[i + 1] == '\n'))
        << "bare CR at " << i;
    ASSERT_LT(static_cast<unsigned char>(wire[i]), 0x80);
    ASSERT_NE(wire[i], '\0');
  }
  for (absl::string_view line : absl::StrSplit(wire, "\r\n")) ASSERT_LE(line.size(), 998u) << line;
}

TEST(WriteMail, WritesTheForm) {
  const auto wire = WriteMail(Sample());
  ASSERT_TRUE(wire.ok()) << wire.status();
  EXPECT_EQ(*wire,
            "Date: Sun, 22 Nov 2026 07:00:00 +0000\r\n"
            "From: Ann <ann@example.org>\r\n"
            "To: bob@example.net\r\n"
            "Subject: Hello\r\n"
            "Message-ID: <1@example.org>\r\n"
            "In-Reply-To: <0@example.net>\r\n"
            "References: <a@example.net> <0@example.net>\r\n"
            "User-Agent: Postern/0.1\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8; format=flowed\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "Hi Bob,\r\n.\r\nbye\r\n");
}

TEST(WriteMail, GivesBackWhatWasWritten) {
  const std::string words = [] {
    std::string s;
    for (int i = 0; i < 200; ++i) absl::StrAppend(&s, i == 0 ? "" : " ", "word", i);
    return s;
  }();
  struct {
    const char* name;
    std::string subject, display_name, text;
  } const cases[] = {
      {"plain", "Hello", "Ann", "Hi"},
      {"empty", "", "", ""},
      {"emoji", "😀 done 👩‍👩‍👧", "😀", "👍🏽 great 🏴󠁧󠁢󠁥󠁮󠁧󠁿"},
      {"Cyrillic", "Привет, мир", "Анна Каренина", "Все счастливые семьи\nпохожи друг на друга"},
      {"Arabic", "مرحبا بالعالم", "أحمد", "السلام عليكم"},
      {"Chinese", "你好，世界", "王小明", "第一行\n第二行"},
      {"German", "Grüße aus Köln", "Jürgen Groß", "Schöne Grüße,\n\nJürgen"},
      {"long lines", words, "Ann", words + "\n" + std::string(2000, 'x')},
      {"long word", std::string(1500, 'x'), "Ann", std::string(5000, 'y')},
      {"long Cyrillic", std::string("П") + words, "Ann", words},
      {"leading dots", "...", ".", ".\n..\n.hidden\n"},
      {"signature", "a", "Ann", "a\n-- \nb\t\nc"},
      {"leading spaces", "a", "Ann", "  a\n\tb"},
      {"From line", "a", "Ann", "From here\nFrom there to\n" + words + "\nFrom"},
      {"equals signs", "a=b =?x?=", "a=b", "a=b=\n=41\n="},
      {"looks encoded", "=?utf-8?Q?x?=", "=?utf-8?Q?x?=", "=?utf-8?Q?x?="},
      {"commas and quotes", "a, \"b\"; <c>", "Smith, \"Ann\" <x@y.example> \\", "x"},
      {"dot in a name", "a", "Ann M. Smith", "x"},
      {"double spaces", "a  b", "a  b", "a  b"},
      {"blank lines inside", "a", "Ann", "a\n\n\nb"},
      {"nothing but high bytes", "ÿÿÿÿ", "ÿ", "ÿ"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    OutgoingMail mail = Sample();
    mail.subject = c.subject;
    mail.from.display_name = c.display_name;
    mail.to = {{c.display_name, "a b", "example.net"}, {"", "bob", "example.net"}};
    mail.cc = {{c.display_name, "eve", "example.net"}};
    mail.text = c.text;
    const auto wire = WriteMail(mail);
    ASSERT_TRUE(wire.ok()) << wire.status();
    ExpectSafeOnTheWire(*wire);

    const Mail back = ParseMail(*wire);
    std::string text = c.text;
    while (absl::EndsWith(text, "\n")) text.pop_back();
    EXPECT_EQ(back.text, text);
    EXPECT_EQ(back.subject, c.subject);
    ASSERT_EQ(back.from.size(), 1u);
    EXPECT_EQ(back.from[0], mail.from);
    EXPECT_EQ(back.to, mail.to);
    EXPECT_EQ(back.cc, mail.cc);
    EXPECT_EQ(back.message_id, mail.message_id);
    EXPECT_EQ(back.references, mail.references);
    EXPECT_EQ(back.in_reply_to.at(0), mail.in_reply_to);
    EXPECT_EQ(back.date_unix, mail.date_unix);
    EXPECT_TRUE(back.defects.empty());
  }
}

TEST(WriteMail, ChoosesTheBodyEncoding) {
  struct {
    const char* text;
    const char* encoding;
  } const cases[] = {
      {"hello", "7bit"},
      {"", "7bit"},
      {"Schöne Grüße aus der schönen Stadt", "quoted-printable"},
      {"trailing\t", "quoted-printable"},
      {"trailing ", "7bit"},
      {"From x", "7bit"},
      {"Привет", "base64"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    OutgoingMail mail = Sample();
    mail.text = c.text;
    EXPECT_THAT(WriteMail(mail).value(),
                HasSubstr(absl::StrCat("Content-Transfer-Encoding: ", c.encoding, "\r\n")));
  }
}

TEST(WriteMail, FoldsLongFields) {
  OutgoingMail mail = Sample();
  for (int i = 0; i < 100; ++i) {
    mail.references.push_back(absl::StrCat(std::string(60, 'r'), i, "@example.org"));
    mail.to.push_back({absl::StrCat("Person ", i), absl::StrCat("p", i), "example.org"});
  }
  mail.references.push_back(std::string(800, 'z') + "@example.org");
  const auto wire = WriteMail(mail);
  ASSERT_TRUE(wire.ok());
  ExpectSafeOnTheWire(*wire);
  const Mail back = ParseMail(*wire);
  EXPECT_EQ(back.to, mail.to);
  EXPECT_EQ(back.references.back(), mail.references.back());
}

TEST(WriteMail, NamesNobodyWhenThereIsNobodyToName) {
  OutgoingMail mail = Sample();
  mail.to.clear();
  EXPECT_THAT(WriteMail(mail).value(), HasSubstr("\r\nTo: undisclosed-recipients:;\r\n"));
}

TEST(WriteMail, LetsNothingInject) {
  struct {
    const char* name;
    void (*spoil)(OutgoingMail&);
  } const cases[] = {
      {"subject", [](OutgoingMail& m) { m.subject = "a\r\nBcc: eve@example.net"; }},
      {"subject LF", [](OutgoingMail& m) { m.subject = "a\nb"; }},
      {"subject NUL", [](OutgoingMail& m) { m.subject = std::string("a\0b", 3); }},
      {"subject not UTF-8", [](OutgoingMail& m) { m.subject = "\xFF"; }},
      {"display name", [](OutgoingMail& m) { m.from.display_name = "a\nb"; }},
      {"local part", [](OutgoingMail& m) { m.to[0].local_part = "a\r\nb"; }},
      {"domain beyond ASCII", [](OutgoingMail& m) { m.to[0].domain = "grüße.example"; }},
      {"no local part", [](OutgoingMail& m) { m.from.local_part = ""; }},
      {"domain", [](OutgoingMail& m) { m.to[0].domain = "x> , <y@z"; }},
      {"domain literal", [](OutgoingMail& m) { m.to[0].domain = "[x]> , <y@[z]"; }},
      {"message id", [](OutgoingMail& m) { m.message_id = "a>\r\nX: y"; }},
      {"message id with a bracket", [](OutgoingMail& m) { m.message_id = "a> <b"; }},
      {"in reply to", [](OutgoingMail& m) { m.in_reply_to = "a\nb"; }},
      {"user agent", [](OutgoingMail& m) { m.user_agent = "a\r\nb"; }},
      {"text not UTF-8", [](OutgoingMail& m) { m.text = "\xC3("; }},
      {"HTML not UTF-8", [](OutgoingMail& m) { m.html = "\xC3("; }},
      {"Auto-Submitted", [](OutgoingMail& m) { m.auto_submitted = "no\r\nX: y"; }},
      {"Jabber-ID", [](OutgoingMail& m) { m.jabber_id = "ann@x\nX: y"; }},
      {"Jabber-ID of two words", [](OutgoingMail& m) { m.jabber_id = "ann@x eve@y"; }},
      {"boundary", [](OutgoingMail& m) { m.boundary = "a\"; x=\"b"; }},
      {"content id",
       [](OutgoingMail& m) {
         m.parts = {{"x", "a", "image/png", "a>\r\nX: y"}};
       }},
      {"subject too long", [](OutgoingMail& m) { m.subject = std::string(9000, 'x'); }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    OutgoingMail mail = Sample();
    c.spoil(mail);
    EXPECT_EQ(WriteMail(mail).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(WriteMail, LeavesOutReferencesThatCannotBeWritten) {
  OutgoingMail mail = Sample();
  mail.references = {"good@x", "b\r\nad@x", "b ad@x", "\xC3\xA4@x", std::string(950, 'x')};
  const auto wire = WriteMail(mail);
  ASSERT_TRUE(wire.ok());
  ExpectSafeOnTheWire(*wire);
  EXPECT_THAT(*wire, HasSubstr("\r\nReferences: <good@x>\r\n"));
}

TEST(WriteMail, NormalisesTheTextsLineEnds) {
  OutgoingMail mail = Sample();
  mail.text = "a\r\nb\rc\x01\n";
  const auto wire = WriteMail(mail);
  ASSERT_TRUE(wire.ok());
  ExpectSafeOnTheWire(*wire);
  EXPECT_EQ(ParseMail(*wire).text, "a\nb\nc");
}

}  // namespace
}  // namespace postern::mail
