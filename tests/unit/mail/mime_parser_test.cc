#include "lib/mail/mime_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postern::mail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> NamesOf(const Mail& mail) {
  std::vector<std::string> names;
  for (const Attachment& a : mail.attachments)
    names.push_back(absl::StrCat(a.file_name, "|", a.content_type, "|", a.size));
  return names;
}

TEST(ParseMail, ReadsTheHeader) {
  const Mail mail = ParseMail(
      "Return-Path: <Bounce@Example.net>\r\n"
      "From: =?utf-8?Q?Ann_=C3=84?= <ann@Example.org>\r\n"
      "To: bob@example.net,\r\n \"Eve, the\" <eve@example.net>\r\n"
      "Cc: list: c@example.net, d@example.net;\r\n"
      "To: third@example.net\r\n"
      "Reply-To: ann+reply@example.org\r\n"
      "Subject: A long\r\n subject\r\n"
      "Date: Sun, 22 Nov 2026 08:00:00 +0100\r\n"
      "Message-ID: <1@example.org>\r\n"
      "In-Reply-To: Your message <0@example.net> of yesterday\r\n"
      "References: <a@x>\r\n\t<0@example.net>\r\n"
      "\r\n"
      "Hi\r\n");
  ASSERT_EQ(mail.from.size(), 1u);
  EXPECT_EQ(mail.from[0].Readable(), "Ann Ä <ann@example.org>");
  ASSERT_EQ(mail.to.size(), 3u);
  EXPECT_EQ(mail.to[1].display_name, "Eve, the");
  EXPECT_EQ(mail.to[2].Spec(), "third@example.net");
  EXPECT_EQ(mail.cc.size(), 2u);
  EXPECT_EQ(mail.reply_to.at(0).Spec(), "ann+reply@example.org");
  EXPECT_EQ(mail.subject, "A long subject");
  EXPECT_EQ(mail.date_unix, 1795330800);
  EXPECT_EQ(mail.message_id, "1@example.org");
  EXPECT_THAT(mail.in_reply_to, ElementsAre("0@example.net"));
  EXPECT_THAT(mail.references, ElementsAre("a@x", "0@example.net"));
  EXPECT_EQ(mail.envelope_from, "Bounce@example.net");
  EXPECT_EQ(mail.headers.size(), 11u);
  EXPECT_EQ(mail.text, "Hi");
  EXPECT_THAT(mail.defects, IsEmpty());
}

TEST(ParseMail, FindsTheTextWhateverTheShape) {
  struct {
    const char* name;
    const char* message;
    const char* text;
  } const cases[] = {
      {"empty", "", ""},
      {"only line ends", "\r\n\r\n", ""},
      {"only a header", "Subject: x\r\n", ""},
      {"no header", "\r\nhello", "hello"},
      {"no header, no empty line", "Hello Bob,\r\nhow are you?\r\n", "Hello Bob,\nhow are you?"},
      {"starts with a space", " hello", " hello"},
      {"bare LF", "Subject: x\n\nhello\nworld\n", "hello\nworld"},
      {"mixed line ends", "Subject: x\n\r\na\r\nb\nc\rd", "a\nb\nc\nd"},
      {"mbox line", "From ann@example.org Sun Nov 22 08:00:00 2026\nSubject: x\n\nhello", "hello"},
      {"empty line missing", "Subject: x\r\nthis is text\r\n", "this is text"},
      {"NULs", "Subject: x\r\n\r\na", "a"},
      {"blank lines around", "\r\n\r\n\r\n  hi\r\n\r\nyou\r\n \r\n\r\n", "  hi\n\nyou"},
      {"latin1", "Content-Type: text/plain; charset=iso-8859-1\n\ncaf\xE9", "café"},
      {"no charset, UTF-8", "\ncaf\xC3\xA9", "café"},
      {"no charset, windows-1252",
       "\n\x93"
       "caf\xE9\x94",
       "“café”"},
      {"says us-ascii, is UTF-8", "Content-Type: text/plain; charset=us-ascii\n\ncaf\xC3\xA9",
       "café"},
      {"says UTF-8, is windows-1252", "Content-Type: text/plain; charset=utf-8\n\ncaf\xE9!",
       "café!"},
      {"UTF-8 with one bad byte", "Content-Type: text/plain; charset=utf-8\n\n\xC3\xA4\xFF",
       "ä\xEF\xBF\xBD"},
      {"lone surrogate", "Content-Type: text/plain; charset=utf-8\n\n\xC3\xA4 \xED\xA0\x80",
       "ä \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"quoted charset", "Content-Type: text/plain; charset=\"KOI8-R\"\n\n\xF0\xD2\xC9", "При"},
      {"iso-2022-jp", "Content-Type: text/plain; charset=iso-2022-jp\n\n\x1B$BF|K\\\x1B(B", "日本"},
      {"utf-16 with BOM, base64",
       "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n//5oAGkA",
       "hi"},
      {"utf-7", "Content-Type: text/plain; charset=utf-7\n\ncaf+AOk-", "café"},
      {"quoted-printable",
       "Content-Transfer-Encoding: Quoted-Printable\n\ncaf=C3=A9 =\r\nau lait=20\r\nx=ZZ",
       "café au lait \nx=ZZ"},
      {"base64 with noise", "Content-Transfer-Encoding: base64\n\naGVs!!bG8=\r\n", "hello"},
      {"base64 cut off", "Content-Transfer-Encoding: base64\n\naGVsbG", "hel"},
      {"unknown encoding", "Content-Transfer-Encoding: x-odd\n\nhello", "hello"},
      {"control characters",
       "\na\x07"
       "b\x1B[31mc\x7F",
       "ab[31mc"},
      {"flowed", "Content-Type: text/plain; format=flowed\n\none \ntwo\nthree\n-- \nsig",
       "one two\nthree\n-- \nsig"},
      {"flowed, delsp", "Content-Type: text/plain; format=flowed; delsp=yes\n\n日 \n本", "日本"},
      {"flowed quotes", "Content-Type: text/plain; format=flowed\n\n>a \n>b\n>>c \nd\n  e",
       "> a b\n>> c \nd\n e"},
      {"HTML only", "Content-Type: text/html\n\n<p>Hello <b>Bob</b></p><p>x &amp; y</p>",
       "Hello Bob\n\nx & y"},
      {"HTML, charset in meta",
       "Content-Type: text/html\n\n<meta charset=windows-1251><p>\xCF\xF0\xE8", "При"},
      {"content type senseless", "Content-Type: ;;;\n\nhello", "hello"},
      {"content type of one word", "Content-Type: text\n\nhello", "hello"},
      {"boundary missing", "Content-Type: multipart/mixed\n\n--x\n\nhello\n--x--\n", "hello"},
      {"boundary never comes", "Content-Type: multipart/mixed; boundary=x\n\nhello\n", "hello"},
      {"boundary with a colon",
       "Content-Type: multipart/mixed; boundary=\"a:b\"\n\n--a:b\n--a:b\n\nhi\n--a:b--", "hi"},
      {"no closing boundary", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nhello\n",
       "hello"},
      {"preamble and epilogue",
       "Content-Type: multipart/mixed; boundary=x\n\npre\n--x\n\nhello\n--x--\nepi", "hello"},
      {"boundary is a prefix of another",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; "
       "boundary=xy\n\n"
       "--xy\n\none\n--xy--\n--x\n\ntwo\n--x--\n",
       "one\n\ntwo"},
      {"inner multipart not closed",
       "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/alternative; "
       "boundary=y\n\n"
       "--y\n\none\n--x\n\ntwo\n--x--\n",
       "one\n\ntwo"},
      {"alternative: plain wins",
       "Content-Type: multipart/alternative; boundary=x\n\n--x\n\nplain\n--x\nContent-Type: "
       "text/html\n\n<p>html\n--x--",
       "plain"},
      {"alternative: plain wins although second",
       "Content-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: "
       "text/html\n\n<p>html\n--x\n\nplain\n--x--",
       "plain"},
      {"alternative: plain is blank",
       "Content-Type: multipart/alternative; boundary=x\n\n--x\n\n \r\n\n--x\nContent-Type: "
       "text/html\n\n<p>html\n--x--",
       "html"},
      {"alternative within related within mixed",
       "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/related; "
       "boundary=r\n\n"
       "--r\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\nContent-Type: "
       "text/html\n\n<p>html\n"
       "--a--\n--r\nContent-Type: image/png\n\nx\n--r--\n--m\n\nfooter\n--m--\n",
       "plain\n\nfooter"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ParseMail(c.message).text, c.text);
  }
}

TEST(ParseMail, RemovesNulsEverywhere) {
  const char message[] = "Sub\0ject: a\0b\r\nFrom: a\0nn@example.org\r\n\r\nx\0y";
  const Mail mail = ParseMail(absl::string_view(message, sizeof message - 1));
  EXPECT_EQ(mail.text.find('\0'), std::string::npos);
  for (const Header& header : mail.headers) EXPECT_EQ(header.value.find('\0'), std::string::npos);
}

TEST(ParseMail, ListsAttachments) {
  struct {
    const char* name;
    const char* part;  // headers and body of the second part
    const char* attachment;
  } const cases[] = {
      {"image",
       "Content-Type: image/PNG; name=a.png\nContent-Transfer-Encoding: base64\n\naGVsbG8=",
       "a.png|image/png|5"},
      {"no name", "Content-Type: application/pdf\n\nhello", "|application/pdf|5"},
      {"disposition only", "Content-Disposition: attachment; filename=\"a b.txt\"\n\nhello",
       "a b.txt|text/plain|5"},
      {"text with a name", "Content-Type: text/plain; name=notes.txt\n\nhello",
       "notes.txt|text/plain|5"},
      {"calendar", "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR",
       "|text/calendar|15"},
      {"winmail.dat", "Content-Type: application/ms-tnef; name=\"winmail.dat\"\n\nx",
       "winmail.dat|application/ms-tnef|1"},
      {"RFC 2231", "Content-Disposition: attachment; filename*=UTF-8''%D0%9F%D1%80%D0%B8.txt\n\nx",
       "При.txt|text/plain|1"},
      {"RFC 2231 in pieces",
       "Content-Disposition: attachment; filename*0*=windows-1251''%CF%F0; filename*1*=%E8; "
       "filename*2=\".txt\"\n\nx",
       "При.txt|text/plain|1"},
      {"RFC 2231 out of order", "Content-Disposition: attachment; filename*1=b; filename*0=a\n\nx",
       "ab|text/plain|1"},
      {"RFC 2231 wins",
       "Content-Disposition: attachment; filename=x.txt; filename*=UTF-8''%E2%82%AC.txt\n\nx",
       "€.txt|text/plain|1"},
      {"character torn between pieces",
       "Content-Disposition: attachment; filename*0*=UTF-8''%C3; filename*1*=%A4.txt\n\nx",
       "ä.txt|text/plain|1"},
      {"encoded word in quotes",
       "Content-Disposition: attachment; filename=\"=?utf-8?B?w4RubmE=?=.pdf\"\n\nx",
       "Änna.pdf|text/plain|1"},
      {"encoded words folded",
       "Content-Type: image/png; name=\"=?utf-8?Q?a=C3?=\r\n =?utf-8?Q?=A4b?=.png\"\n\nx",
       "aäb.png|image/png|1"},
      {"raw windows-1252", "Content-Disposition: attachment; filename=\"caf\xE9.pdf\"\n\nx",
       "café.pdf|text/plain|1"},
      {"spaces without quotes", "Content-Disposition: attachment; filename=my file.pdf\n\nx",
       "my file.pdf|text/plain|1"},
      {"Windows path", "Content-Disposition: attachment; filename=\"C:\\dir\\x.txt\"\n\nx",
       "x.txt|text/plain|1"},
      {"path up", "Content-Disposition: attachment; filename=\"../../etc/passwd\"\n\nx",
       "passwd|text/plain|1"},
      {"only dots", "Content-Disposition: attachment; filename=\"..\"\n\nx", "|text/plain|1"},
      {"line break", "Content-Disposition: attachment; filename*=UTF-8''a%0D%0Ab%00.txt\n\nx",
       "a b.txt|text/plain|1"},
      {"bidi override", "Content-Disposition: attachment; filename*=UTF-8''%E2%80%AEgpj.exe\n\nx",
       "gpj.exe|text/plain|1"},
      {"attached message", "Content-Type: message/rfc822\n\nSubject: =?utf-8?Q?a/=C3=A4?=\n\nhi",
       "a_ä.eml|message/rfc822|33"},
      {"attached message with a multipart",
       "Content-Type: message/rfc822\n\nSubject: in\nContent-Type: multipart/mixed; "
       "boundary=i\n\n--i\n\nhi\n--i--",
       "in.eml|message/rfc822|68"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Mail mail = ParseMail(
        absl::StrCat("Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\nhello\n--bb\n", c.part,
                     "\n--bb--\n"));
    EXPECT_EQ(mail.text, "hello");
    EXPECT_THAT(NamesOf(mail), ElementsAre(c.attachment));
  }
}

TEST(ParseMail, KeepsTheAttachmentsOfTheHiddenAlternative) {
  const Mail mail = ParseMail(
      "Content-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\nContent-Type: "
      "multipart/mixed; boundary=m\n\n"
      "--m\nContent-Type: text/html\n\n<p>html\n--m\nContent-Type: application/pdf; "
      "name=x.pdf\n\nx\n--m--\n--a--\n");
  EXPECT_EQ(mail.text, "plain");
  EXPECT_THAT(NamesOf(mail), ElementsAre("x.pdf|application/pdf|1"));
}

TEST(ParseMail, TakesTheMembersOfADigestForMessages) {
  const Mail mail =
      ParseMail("Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\nhi\n--d--\n");
  EXPECT_THAT(NamesOf(mail), ElementsAre("one.eml|message/rfc822|16"));
}

TEST(ParseMail, SaysWhenTheTextWasCut) {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: "
      "image/png\n\n1234";
  const Mail whole = ParseMail(message);
  EXPECT_FALSE(whole.text_truncated);
  EXPECT_THAT(whole.defects, ElementsAre(HasSubstr("ends early")));

  const Mail cut = ParseMail(message, message.size() + 1000);
  EXPECT_FALSE(cut.text_truncated) << "the cut fell into the image";
  EXPECT_EQ(cut.size, message.size() + 1000);
  EXPECT_EQ(cut.attachments.at(0).size, 1004u);
  EXPECT_THAT(cut.defects, IsEmpty());

  EXPECT_TRUE(ParseMail("\nhello", 1000).text_truncated);
  ParseLimits limits;
  limits.text_bytes = 4;
  const Mail limited = ParseMail("\nh\xC3\xA9\xC3\xA9", 0, limits);
  EXPECT_EQ(limited.text, "hé");
  EXPECT_TRUE(limited.text_truncated);
}

TEST(ParseMail, StaysInOrderCutAtEveryByte) {
  const std::string message =
      "From: =?utf-8?Q?=C3=84nn?= <ann@example.org>\r\nSubject: =?utf-8?B?w4RubmE=?=\r\n"
      "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: "
      "multipart/alternative; boundary=c\r\n\r\n"
      "--c\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\nca\xC3\xA9 \r\nx\r\n"
      "--c\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: "
      "quoted-printable\r\n\r\n<p>=C3=A9</p>\r\n--c--\r\n"
      "--b\r\nContent-Disposition: attachment; filename*0*=utf-8''%C3%A4; "
      "filename*1=b\r\n\r\nxyz\r\n--b--\r\n";
  for (size_t length = 0; length <= message.size(); ++length) {
    SCOPED_TRACE(length);
    const Mail mail = ParseMail(message.substr(0, length), message.size());
    EXPECT_EQ(mail.size, message.size());
    EXPECT_EQ(mail.text.find("\xEF\xBF\xBD"), std::string::npos);
  }
}

TEST(ParseMail, PassesOverAddressesThatCannotBeRead) {
  const Mail mail = ParseMail("To: ann@example.org, Bob <bob>, eve@example.org\n\n");
  EXPECT_EQ(mail.to.size(), 2u);
  EXPECT_THAT(mail.defects, ElementsAre(HasSubstr("To holds an address")));
}

}  // namespace
}  // namespace postern::mail
