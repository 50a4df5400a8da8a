#include "services/sender/compose/mail_composer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/mime_parser.h"

namespace postern::sender {
namespace {

constexpr int64_t kDate = 1'700'000'000;

Draft SomeDraft() {
  Draft draft;
  draft.from = {"Ann", "ann", "example.org"};
  draft.to = {{"Bob", "bob", "example.net"}};
  draft.subject = "Grüße";
  draft.text = "Hallo\n.\nBob";
  return draft;
}

TEST(MailComposer, WritesWhatItsAuthorMeant) {
  Draft draft = SomeDraft();
  draft.cc = {{"", "eve", "example.net"}};
  draft.in_reply_to = "q@example.net";
  draft.references = {"p@example.net", "q@example.net"};
  const auto composed = Compose(draft, "key", kDate);
  ASSERT_TRUE(composed.ok()) << composed.status();
  EXPECT_EQ(composed->envelope.from, "ann@example.org");
  EXPECT_EQ(composed->envelope.to,
            (std::vector<std::string>{"bob@example.net", "eve@example.net"}));
  EXPECT_EQ(composed->envelope.size, composed->content.size());
  EXPECT_FALSE(composed->envelope.eight_bit);

  const mail::Mail mail = mail::ParseMail(composed->content);
  EXPECT_EQ(mail.message_id, composed->message_id);
  EXPECT_EQ(mail.subject, "Grüße");
  EXPECT_EQ(mail.text, "Hallo\n.\nBob");
  EXPECT_EQ(mail.in_reply_to, std::vector<std::string>{"q@example.net"});
  EXPECT_EQ(mail.references.size(), 2u);
  EXPECT_EQ(mail.date_unix, kDate);
}

TEST(MailComposer, GivesARepeatedRequestTheSameMessageId) {
  const auto first = Compose(SomeDraft(), "key", kDate);
  const auto again = Compose(SomeDraft(), "key", kDate + 60);
  const auto other = Compose(SomeDraft(), "other", kDate);
  ASSERT_TRUE(first.ok() && again.ok() && other.ok());
  EXPECT_EQ(first->message_id, again->message_id);
  EXPECT_NE(first->message_id, other->message_id);
  EXPECT_TRUE(absl::EndsWith(first->message_id, "@example.org"));
}

TEST(MailComposer, KeepsBccOutOfTheMail) {
  Draft draft = SomeDraft();
  draft.bcc = {{"Secret Friend", "hidden", "secret.example"}};
  const auto composed = Compose(draft, "key", kDate);
  ASSERT_TRUE(composed.ok());
  EXPECT_EQ(composed->envelope.to,
            (std::vector<std::string>{"bob@example.net", "hidden@secret.example"}));
  for (const char* word : {"hidden", "secret.example", "Secret Friend", "Bcc", "bcc"}) {
    EXPECT_FALSE(absl::StrContains(composed->content, word)) << word;
  }
  draft.to.clear();
  const auto bcc_only = Compose(draft, "key", kDate);
  ASSERT_TRUE(bcc_only.ok());
  EXPECT_EQ(bcc_only->envelope.to, std::vector<std::string>{"hidden@secret.example"});
  EXPECT_FALSE(absl::StrContains(bcc_only->content, "hidden"));
}

TEST(MailComposer, SendsToNobodyTwice) {
  Draft draft = SomeDraft();
  draft.to = {{"Bob", "bob", "example.net"}, {"", "bob", "EXAMPLE.net"}};
  draft.cc = {{"", "Bob", "example.net"}};
  draft.bcc = {{"", "bob", "Example.Net"}};
  const auto composed = Compose(draft, "key", kDate);
  ASSERT_TRUE(composed.ok());
  EXPECT_EQ(composed->envelope.to, (std::vector<std::string>{"bob@example.net", "Bob@example.net"}))
      << "the local part's case may matter, the domain's does not";
}

TEST(MailComposer, RefusesADraftThatIsWrong) {
  const struct {
    const char* name;
    void (*spoil)(Draft&);
  } cases[] = {
      {"no recipient", [](Draft& d) { d.to.clear(); }},
      {"no sender", [](Draft& d) { d.from = {}; }},
      {"no domain", [](Draft& d) { d.to[0].domain.clear(); }},
      {"no local part", [](Draft& d) { d.to[0].local_part.clear(); }},
      {"line break in an address", [](Draft& d) { d.to[0].local_part = "a\r\nRCPT TO:<eve"; }},
      {"LF in an address",
       [](Draft& d) {
         d.bcc = {{"", "a\nb", "example.net"}};
       }},
      {"Bcc that is not UTF-8",
       [](Draft& d) {
         d.bcc = {{"", "a\xD2", "example.net"}};
       }},
      {"Bcc with a control beyond ASCII",
       [](Draft& d) {
         d.bcc = {{"", "a\xC2\x85", "example.net"}};
       }},
      {"NUL in an address", [](Draft& d) { d.to[0].local_part = std::string("a\0b", 3); }},
      {"brackets in an address", [](Draft& d) { d.to[0].local_part = "a> <b"; }},
      {"at in a domain", [](Draft& d) { d.to[0].domain = "example.net>, <eve@example.org"; }},
      {"space in a domain", [](Draft& d) { d.to[0].domain = "example.net SIZE=1"; }},
      {"local part too long", [](Draft& d) { d.to[0].local_part = std::string(65, 'a'); }},
      {"line break in the subject", [](Draft& d) { d.subject = "hi\r\nBcc: eve@example.net"; }},
      {"LF in the subject", [](Draft& d) { d.subject = "hi\nBcc: eve@example.net"; }},
      {"line break in a name", [](Draft& d) { d.to[0].display_name = "Bob\r\nX: y"; }},
      {"line break in In-Reply-To", [](Draft& d) { d.in_reply_to = "a@b>\nX: y"; }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Draft draft = SomeDraft();
    c.spoil(draft);
    EXPECT_EQ(Compose(draft, "key", kDate).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

// An ill-formed reference came with the mail that is answered; its author can't help it.
TEST(MailComposer, TellsWhatIsWrongInTheAuthorsTerms) {
  Draft draft = SomeDraft();
  draft.subject = "one\u2028two";
  const auto composed = Compose(draft, "key", kDate);
  EXPECT_EQ(composed.status().message(),
            "the mail can't be written: the subject holds a line break or a control character");
}

TEST(MailComposer, LeavesOutReferencesThatAreNone) {
  Draft draft = SomeDraft();
  draft.references = {"a@b>\r\nX-Injected: yes\r\nX: <c@d", "good@example.net"};
  const auto composed = Compose(draft, "key", kDate);
  ASSERT_TRUE(composed.ok()) << composed.status();
  EXPECT_FALSE(absl::StrContains(composed->content, "Injected"));
  EXPECT_TRUE(absl::StrContains(composed->content, "<good@example.net>"));
}

TEST(MailComposer, BoundsRecipientsAndSize) {
  Draft draft = SomeDraft();
  draft.to.clear();
  for (int i = 0; i < 100; ++i) draft.to.push_back({"", absl::StrCat("r", i), "example.net"});
  EXPECT_TRUE(Compose(draft, "key", kDate).ok());
  draft.bcc = {{"", "r100", "example.net"}};
  const auto many = Compose(draft, "key", kDate).status();
  EXPECT_EQ(many.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(many.message(), "a mail can have at most 100 recipients; send it in several");

  draft = SomeDraft();
  draft.attachments.assign(51, {"x", "a.txt", "text/plain", ""});
  const auto attached = Compose(draft, "key", kDate).status();
  EXPECT_EQ(attached.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(attached.message(), "a mail can have at most 50 attachments; send it in several");

  // In base64 it grows by a third.
  const std::string bytes(20 * 1024 * 1024, 'x');
  draft.attachments = {{bytes, "a.bin", "", ""}};
  EXPECT_EQ(Compose(draft, "key", kDate).status().code(), absl::StatusCode::kResourceExhausted);
  draft.attachments[0].content.remove_suffix(2 * 1024 * 1024);
  EXPECT_TRUE(Compose(draft, "key", kDate).ok());

  draft = SomeDraft();
  draft.text = std::string(26 * 1024 * 1024, 'x');
  const auto large = Compose(draft, "key", kDate).status();
  EXPECT_EQ(large.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(large.message(), "the mail is larger than 25 MiB; send less with it");
}

TEST(MailComposer, WritesAddressesAsTheyTravel) {
  Draft draft = SomeDraft();
  draft.from.domain = "Bücher.example";
  draft.to = {{"", "bob", "GRÜSSE.example"}};
  const auto ascii = Compose(draft, "key", kDate);
  ASSERT_TRUE(ascii.ok()) << ascii.status();
  EXPECT_FALSE(ascii->envelope.utf8);
  EXPECT_FALSE(ascii->envelope.eight_bit);
  EXPECT_EQ(ascii->envelope.from, "ann@xn--bcher-kva.example");
  EXPECT_TRUE(absl::EndsWith(ascii->message_id, "@xn--bcher-kva.example"));
  EXPECT_TRUE(absl::StrContains(ascii->content, "To: bob@xn--grsse-lva.example\r\n"));

  draft.bcc = {{"", "jürgen", "example.net"}};
  const auto hidden = Compose(draft, "key", kDate);
  ASSERT_TRUE(hidden.ok());
  EXPECT_TRUE(hidden->envelope.utf8) << "an address of the envelope is enough";
  EXPECT_FALSE(hidden->envelope.eight_bit);

  draft.to = {{"", "jürgen", "example.net"}};
  const auto shown = Compose(draft, "key", kDate);
  ASSERT_TRUE(shown.ok());
  EXPECT_TRUE(shown->envelope.utf8);
  EXPECT_TRUE(shown->envelope.eight_bit);
  EXPECT_TRUE(absl::StrContains(shown->content, "To: jürgen@example.net\r\n"));

  draft.to = {{"", "bob", "ü＠evil.example"}};
  EXPECT_EQ(Compose(draft, "key", kDate).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(MailComposer, AnswersByItselfFromNobody) {
  const struct {
    AutoSubmitted kind;
    const char *from, *field;
  } cases[] = {{AutoSubmitted::kNo, "ann@example.org", ""},
               {AutoSubmitted::kGenerated, "ann@example.org", "auto-generated"},
               {AutoSubmitted::kReplied, "", "auto-replied"},
               {AutoSubmitted::kNotified, "ann@example.org",
                "auto-notified; owner-email=\"ann@example.org\""}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.field);
    Draft draft = SomeDraft();
    draft.auto_submitted = c.kind;
    const auto composed = Compose(draft, "key", kDate);
    ASSERT_TRUE(composed.ok());
    EXPECT_EQ(composed->envelope.from, c.from);
    EXPECT_EQ(composed->envelope.envelope_id, *c.from ? composed->message_id : "");
    EXPECT_EQ(absl::StrContains(composed->content, "Auto-Submitted"), *c.field != '\0');
    if (*c.field == '\0') continue;
    EXPECT_TRUE(absl::StrContains(absl::StrReplaceAll(composed->content, {{"\r\n ", " "}}),
                                  absl::StrCat("\r\nAuto-Submitted: ", c.field, "\r\n")))
        << composed->content;
  }
}

TEST(MailComposer, HasAnEnvelopeIdThatFits) {
  Draft draft = SomeDraft();
  draft.from.domain = absl::StrCat(std::string(60, 'a'), ".", std::string(60, 'b'), ".example");
  const auto composed = Compose(draft, "key", kDate);
  ASSERT_TRUE(composed.ok());
  EXPECT_EQ(composed->envelope.envelope_id, composed->message_id.substr(0, 100));
}

TEST(MailComposer, IsTheSameEachTime) {
  Draft draft = SomeDraft();
  draft.html = true;
  draft.text = "*bold*";
  draft.attachments = {{"x", "a.txt", "text/plain", ""}};
  draft.require_tls = true;
  const auto first = Compose(draft, "key", kDate);
  const auto again = Compose(draft, "key", kDate);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->content, again->content);
  EXPECT_TRUE(first->envelope.require_tls);
  EXPECT_TRUE(absl::StrContains(first->content, "<strong>bold</strong>"));
}

}  // namespace
}  // namespace postern::sender
