// Mails as rules changed them: headers, texts, attachments, and what is left alone.

#include "services/fetcher/effects/edited_mail.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/mime_parser.h"

namespace postern::fetcher {
namespace {

std::string Crlf(const std::string& text) { return absl::StrReplaceAll(text, {{"\n", "\r\n"}}); }

std::string Edited(const std::string& mail, const std::string& edits) {
  rules::v1::EvaluateResponse said;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(edits, &said)) << edits;
  return EditedMail(Crlf(mail), said.edits());
}

constexpr char kPlain[] = "Subject: Hi\nX-A: 1\nX-A: 2\n folded\n\nBody\n";

TEST(EditedMail, ChangesTheHeaderAndNothingElse) {
  const struct {
    const char* name;
    const char* edits;
    const char* mail;
  } cases[] = {
      {"nothing", "", kPlain},
      {"added at the top", "edits { add { name: 'X-B' value: 'b' } }",
       "X-B: b\nSubject: Hi\nX-A: 1\nX-A: 2\n folded\n\nBody\n"},
      {"added at the end", "edits { add { name: 'X-B' value: 'b' last: true } }",
       "Subject: Hi\nX-A: 1\nX-A: 2\n folded\nX-B: b\n\nBody\n"},
      {"the second is removed", "edits { remove { name: 'x-a' occurrence: 1 } }",
       "Subject: Hi\nX-A: 1\n\nBody\n"},
      {"one after the other", "edits { remove { name: 'X-A' } } edits { remove { name: 'X-A' } }",
       "Subject: Hi\n\nBody\n"},
      {"before and behind a change of the text",
       "edits { add { name: 'X-B' value: 'b' } } edits { body { change: CHANGE_REPLACE_HEADER "
       "header: 'X-B' pattern: 'b' text: 'c' } } edits { body { change: CHANGE_REPLACE_TEXT "
       "pattern: 'nothing' text: 'x' } } edits { remove { name: 'X-A' occurrence: 1 } } edits { "
       "body { change: CHANGE_REPLACE_HEADER header: 'X-B' pattern: 'c' text: 'd' } }",
       "X-B: d\nSubject: Hi\nX-A: 1\n\nBody\n"},
      {"there is no third", "edits { remove { name: 'X-A' occurrence: 2 } }", kPlain},
      {"no line is smuggled in",
       "edits { add { name: 'X-B' value: 'b\\r\\nBcc: eve@x\\n\\nBody' } }",
       "X-B: =?utf-8?q?b_Bcc=3A_eve=40x__Body?=\nSubject: Hi\nX-A: 1\nX-A: 2\n folded\n\nBody\n"},
      {"nor by a name", "edits { add { name: 'X-B: b\\nBcc' value: 'eve@x' } }", kPlain},
      {"beyond ASCII", "edits { add { name: 'Subject' value: 'H\\303\\251' } }",
       "Subject: =?utf-8?b?SMOp?=\nSubject: Hi\nX-A: 1\nX-A: 2\n folded\n\nBody\n"},
      {"a header's value",
       "edits { body { change: CHANGE_REPLACE_HEADER header: 'subject' pattern: '^(.*)$' "
       "text: '[List] \\\\1' } }",
       "Subject: [List] Hi\nX-A: 1\nX-A: 2\n folded\n\nBody\n"},
      {"a pattern that is none",
       "edits { body { change: CHANGE_REPLACE_HEADER header: 'subject' pattern: '(' text: 'x' } }",
       kPlain},
      {"a group that is not there",
       "edits { body { change: CHANGE_REPLACE_TEXT pattern: 'B' text: '\\\\7' } }", kPlain},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(absl::AsciiStrToLower(Edited(kPlain, c.edits)), absl::AsciiStrToLower(Crlf(c.mail)));
  }
}

constexpr char kMixed[] =
    "Subject: Hi\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: multipart/alternative; boundary=a\n\n"
    "--a\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
    "quoted-printable\n\nCaf=E9 one\n"
    "--a\nContent-Type: text/html\n\n<html><body>one</body></html>\n"
    "--a--\n"
    "--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\nxxx\n"
    "--b--\n";

TEST(EditedMail, ChangesTextsInAllTheirForms) {
  const std::string edited =
      Edited(kMixed,
             "edits { body { change: CHANGE_APPEND text: 'Said <by> us' } } "
             "edits { body { change: CHANGE_REPLACE_TEXT pattern: 'one' text: 'two' } }");
  const mail::Mail mail = mail::ParseMail(edited);
  EXPECT_EQ(mail.text, "Caf\xc3\xa9 two\nSaid <by> us");
  EXPECT_TRUE(absl::StrContains(edited, "two<p>Said &lt;by&gt; us</p>")) << edited;
  ASSERT_EQ(mail.attachments.size(), 1u);
  EXPECT_EQ(mail.attachments[0].file_name, "a.pdf");
  EXPECT_TRUE(mail.defects.empty());
}

TEST(EditedMail, ChangesAMailOfOnePart) {
  for (const char* mail : {"From: a@b.c\nContent-Type: text/plain; charset=utf-8\n"
                           "Content-Transfer-Encoding: 7bit\n\nWord for one.\n",
                           "From: a@b.c\n\nWord for one.\n"}) {
    const std::string edited =
        Edited(mail,
               "edits { body { change: CHANGE_REPLACE_TEXT pattern: 'one' text: 'word' } }"
               "edits { body { change: CHANGE_APPEND text: 'Said by us.' } }");
    EXPECT_EQ(mail::ParseMail(edited).text, "Word for word.\nSaid by us.") << edited;
  }
}

// A rule of a hundred bytes would make gigabytes of some mails.
TEST(EditedMail, ReplacesNothingThatWouldFillMemory) {
  const std::string letters(1'000'000, 'a'), text(1000, 'b');
  const std::string body = absl::StrCat("Subject: Hi\n\n", letters, "\n");
  const auto replacing = [](absl::string_view pattern, absl::string_view with) {
    return absl::StrCat("edits { body { change: CHANGE_REPLACE_TEXT pattern: '", pattern,
                        "' text: '", with, "' } }");
  };
  EXPECT_EQ(Edited(body, replacing("a", text)), Crlf(body));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "\\\\1";
  EXPECT_EQ(Edited(body, replacing("(a+)", many)), Crlf(body));
  EXPECT_GT(Edited(body, replacing("a", "bc")).size(), 2'000'000u);
  const std::string header = absl::StrCat("Subject: ", letters.substr(0, 60'000), "\n\nBody\n");
  EXPECT_EQ(Edited(header, absl::StrCat("edits { body { change: CHANGE_REPLACE_HEADER header: "
                                        "'subject' pattern: 'a' text: '",
                                        text, "' } }")),
            Crlf(header));
  // One that takes microseconds for each byte is not looked for in a megabyte.
  EXPECT_EQ(Edited(body, replacing("[a-q].{250}[a-q].{250}[a-q].{250}a", "b")), Crlf(body));
}

// Each match looks on to the end of the line: all of them would take minutes.
TEST(EditedMail, LeavesATextAloneThatTakesTooLong) {
  const std::string mail = absl::StrCat("Subject: Hi\n\n", std::string(1'000'000, 'a'), "\n");
  EXPECT_EQ(Edited(mail,
                   "edits { body { change: CHANGE_REPLACE_TEXT pattern: 'a(.*b)?' text: '' } } "
                   "edits { body { change: CHANGE_REPLACE_TEXT pattern: 'a' text: 'b' } }"),
            Crlf(mail));
}

TEST(EditedMail, RemovesAttachmentsAndLeavesWord) {
  const std::string edited = Edited(kMixed, "edits { body { change: CHANGE_STRIP_ATTACHMENTS } }");
  EXPECT_FALSE(absl::StrContains(edited, "xxx"));
  const mail::Mail mail = mail::ParseMail(edited);
  EXPECT_TRUE(mail.attachments.empty());
  EXPECT_TRUE(absl::StrContains(mail.text, "The attachment \"a.pdf\" was removed.")) << mail.text;
}

constexpr char kSigned[] =
    "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=s\n\n"
    "--s\nContent-Type: text/plain\n\nSigned\n"
    "--s\nContent-Type: application/pgp-signature; name=s.asc\n\nAAAA\n--s--\n";

TEST(EditedMail, LeavesWhatIsSignedAloneUntilTheSignatureIsToGo) {
  for (const char* change : {"CHANGE_APPEND", "CHANGE_STRIP_ATTACHMENTS"}) {
    SCOPED_TRACE(change);
    EXPECT_EQ(Edited(kSigned, std::string("edits { body { text: 'x' change: ") + change + " } }"),
              Crlf(kSigned));
  }
  const std::string edited = Edited(kSigned,
                                    "edits { body { change: CHANGE_STRIP_SIGNATURE } } "
                                    "edits { body { change: CHANGE_APPEND text: 'more' } }");
  EXPECT_FALSE(absl::StrContains(edited, "AAAA"));
  EXPECT_TRUE(absl::StrContains(edited, "multipart/mixed"));
  EXPECT_TRUE(absl::StrContains(mail::ParseMail(edited).text, "Signed\nmore")) << edited;
}

TEST(EditedMail, EndsWithEveryEditWhateverTheMailIs) {
  for (const char* mail : {"", "\n", "no header at all", "A: b",
                           "Content-Type: multipart/mixed; "
                           "boundary=b\n\n--b\n"}) {
    SCOPED_TRACE(mail);
    for (const char* change : {"CHANGE_APPEND", "CHANGE_REPLACE_TEXT", "CHANGE_REPLACE_HEADER",
                               "CHANGE_STRIP_ATTACHMENTS", "CHANGE_STRIP_SIGNATURE"}) {
      (void)Edited(mail, std::string("edits { body { text: 'x' pattern: 'o' header: 'A' change: ") +
                             change +
                             " } } edits { add { name: 'X' value: 'y' } } "
                             "edits { remove { name: 'A' } }");
    }
  }
}

}  // namespace
}  // namespace postern::fetcher
