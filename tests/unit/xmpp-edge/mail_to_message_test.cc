#include "services/xmpp-edge/mail_to_message.h"

#include <gtest/gtest.h>

#include "services/xmpp-edge/component_link.h"

namespace postern::xmpp_edge {
namespace {

const Words kEnglish("en");

constexpr int64_t kNow = 1'800'000'000;  // 2027-01-15 08:00 UTC

mail::Mail SomeMail() {
  mail::Mail mail;
  mail.message_id = "m1@example.org";
  mail.from = {{"Ann", "ann", "example.org"}};
  mail.to = {{"", "me", "example.net"}};
  mail.subject = "Lunch";
  mail.text = "At noon?";
  mail.received_unix = kNow - 10;
  return mail;
}

Envelope SomeEnvelope() {
  Envelope envelope;
  envelope.domain = "gw.example";
  envelope.contact = "work@gw.example";
  envelope.user = "bob@a.example";
  envelope.stanza_id = "0123456789abcdef";
  envelope.now_unix = kNow;
  return envelope;
}

std::string BodyOf(const mail::Mail& mail) {
  return MailToMessage(mail, SomeEnvelope(), kEnglish).ChildText("body");
}

TEST(MailToMessage, ShowsSenderSubjectAndText) {
  EXPECT_EQ(BodyOf(SomeMail()), "From: Ann <ann@example.org>\nSubject: Lunch\n\nAt noon?");
}

TEST(MailToMessage, CarriesIdsThreadAddressesAndHints) {
  const Element message = MailToMessage(SomeMail(), SomeEnvelope(), kEnglish);
  EXPECT_EQ(message.Attr("type"), "chat");
  EXPECT_EQ(message.Attr("from"), "work@gw.example");
  EXPECT_EQ(message.Attr("to"), "bob@a.example");
  EXPECT_EQ(message.Attr("id"), "0123456789abcdef");
  EXPECT_EQ(message.ChildText("subject"), "Lunch");
  EXPECT_EQ(message.Child("origin-id", "urn:xmpp:sid:0")->Attr("id"), "0123456789abcdef");
  EXPECT_NE(message.Child("store", "urn:xmpp:hints"), nullptr);
  EXPECT_EQ(message.Child("addresses", "http://jabber.org/protocol/address")
                ->Child("address")
                ->Attr("jid"),
            "ann\\40example.org@gw.example");
  EXPECT_EQ(message.ChildText("thread"), ThreadIdOf(SomeMail()));
  EXPECT_EQ(message.Child("delay"), nullptr) << "a fresh mail has no delay";
}

TEST(MailToMessage, AnswersGoToReplyTo) {
  mail::Mail mail = SomeMail();
  mail.reply_to = {{"", "list", "example.org"}};
  const Element message = MailToMessage(mail, SomeEnvelope(), kEnglish);
  EXPECT_EQ(message.Child("addresses")->Child("address")->Attr("jid"),
            "list\\40example.org@gw.example");
  EXPECT_EQ(ThreadOf(mail, "a1", SomeEnvelope()).answer_to, mail.reply_to);
}

TEST(MailToMessage, SaysWhereAnswersGoWhenThatIsNotTheSender) {
  mail::Mail mail = SomeMail();
  mail.reply_to = {{"Ann at work", "ann", "example.org"}};
  EXPECT_EQ(BodyOf(mail), BodyOf(SomeMail())) << "another name for the same address";
  mail.reply_to = {{"List", "list", "example.org"}, {"", "ann", "example.org"}};
  EXPECT_EQ(BodyOf(mail),
            "From: Ann <ann@example.org>\nSubject: Lunch\n"
            "Answers go to: List <list@example.org>, ann@example.org\n\nAt noon?");
  mail.reply_to = {{"x\nTo: me", "list", "example.org"}};
  EXPECT_EQ(BodyOf(mail).find("\nTo:"), std::string::npos);
  for (int i = 0; i < 500; ++i) mail.reply_to.push_back({"", "u", "example.org"});
  EXPECT_NE(BodyOf(mail).find("and 491 more"), std::string::npos);
}

TEST(MailToMessage, NoHeaderLineCanBeFaked) {
  const struct {
    const char *name, *subject;
  } cases[] = {
      {"line feed", "x\nFrom: Boss <boss@example.org>"},
      {"carriage return", "x\rFrom: Boss <boss@example.org>"},
      {"vertical tab", "x\vFrom: Boss <boss@example.org>"},
      {"next line",
       "x\xC2\x85"
       "From: Boss <boss@example.org>"},
      {"line separator",
       "x\xE2\x80\xA8"
       "From: Boss <boss@example.org>"},
      {"bidi override",
       "x\xE2\x80\xAE"
       "From: Boss <boss@example.org>"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    mail::Mail mail = SomeMail();
    mail.subject = c.subject;
    EXPECT_EQ(BodyOf(mail),
              "From: Ann <ann@example.org>\nSubject: x From: Boss <boss@example.org>\n\nAt noon?");
    mail = SomeMail();
    mail.from[0].display_name = c.subject;
    const std::string body = BodyOf(mail);
    EXPECT_EQ(body.find("\nFrom:"), std::string::npos);
    EXPECT_EQ(body.substr(0, body.find("\n\n")).find("\nSubject: Lunch"), body.find('\n'))
        << "the second line is the real subject";
  }
}

TEST(MailToMessage, ShowsWhoElseGotItOnlyWhenThereIsSomebody) {
  mail::Mail mail = SomeMail();
  mail.cc = {{"Cy", "cy", "example.org"}};
  EXPECT_EQ(BodyOf(mail),
            "From: Ann <ann@example.org>\nSubject: Lunch\nTo: me@example.net\n"
            "Cc: Cy <cy@example.org>\n\nAt noon?");
  for (int i = 0; i < 500; ++i) mail.cc.push_back({"", "u" + std::to_string(i), "example.org"});
  EXPECT_NE(BodyOf(mail).find("and 491 more"), std::string::npos);
}

TEST(MailToMessage, AnOldMailHasItsDateAndADelay) {
  mail::Mail mail = SomeMail();
  mail.received_unix = kNow - 86'400;
  const Element message = MailToMessage(mail, SomeEnvelope(), kEnglish);
  EXPECT_NE(message.ChildText("body").find("\nDate: 2027-01-14 08:00 UTC\n"), std::string::npos);
  EXPECT_EQ(message.Child("delay", "urn:xmpp:delay")->Attr("stamp"), "2027-01-14T08:00:00Z");
  mail.received_unix = kNow + 86'400;  // a clock that is wrong
  EXPECT_EQ(MailToMessage(mail, SomeEnvelope(), kEnglish).Child("delay"), nullptr);
}

TEST(MailToMessage, ListsAttachmentsWithTheirSizes) {
  mail::Mail mail = SomeMail();
  mail.attachments = {{"a\nb.png", "image/png", 100},
                      {"", "text/x", 2048},
                      {"big.iso", "application/x", 31'457'280}};
  EXPECT_EQ(BodyOf(mail),
            "From: Ann <ann@example.org>\nSubject: Lunch\n\nAt noon?\n\n"
            "Attachments:\n- a b.png (image/png, 100 bytes)\n"
            "- without a name (text/x, 2 KB)\n- big.iso (application/x, 30.0 MB)");
}

TEST(MailToMessage, SaysWhatIsMissing) {
  mail::Mail mail;
  EXPECT_EQ(BodyOf(mail), "From: (no sender)\nSubject: (no subject)\n\n(no text)");
  mail = SomeMail();
  mail.text_truncated = true;
  mail.defects = {"the charset is unknown"};
  EXPECT_EQ(BodyOf(mail),
            "From: Ann <ann@example.org>\nSubject: Lunch\n\nAt noon?\n\n"
            "… cut; the rest is in your mailbox\n\nNote: the charset is unknown");
}

TEST(MailToMessage, StaysWithinItsBoundsWhateverTheMail) {
  mail::Mail mail = SomeMail();
  for (int i = 0; i < 300'000; ++i) mail.text += "\xE2\x82\xAC";
  mail.subject = std::string(100'000, 's');
  for (int i = 0; i < 1000; ++i) {
    mail.attachments.push_back({std::string(10'000, 'f'), std::string(10'000, 't'), 1});
    mail.from.push_back({std::string(5'000, 'n'), std::string(5'000, 'l'), "example.org"});
    mail.defects.push_back(std::string(10'000, 'd'));
    mail.references.push_back(std::string(900, 'r'));
  }
  mail.cc = mail.to = mail.from;
  const Element message = MailToMessage(mail, SomeEnvelope(), kEnglish);
  const std::string body = message.ChildText("body");
  EXPECT_LE(body.size(), kMaxBodyBytes + 8192);
  EXPECT_EQ(SanitizeXmlText(body), body) << "cut inside a character";
  EXPECT_NE(body.find("more in your mailbox"), std::string::npos);
  EXPECT_LE(ToXml(message).size(), ComponentLink::kMaxStanzaBytes);
}

TEST(MailToMessage, EvenAMailOfMarkupFitsIntoAStanza) {
  mail::Mail mail = SomeMail();
  mail.text = mail.subject = std::string(1'000'000, '&');
  const std::vector<mail::Address> many(
      20, mail::Address{std::string(1000, '&'), std::string(2000, '&'), "example.org"});
  mail.from = mail.to = mail.cc = many;
  mail.attachments = std::vector<mail::Attachment>(50, {std::string(300, '<'), "text/x", 1});
  const Element message = MailToMessage(mail, SomeEnvelope(), kEnglish);
  EXPECT_LE(ToXml(message).size(), ComponentLink::kMaxStanzaBytes);
  const std::vector<mail::Mail> mails(200, mail);
  EXPECT_LE(ToXml(MailsToDigest(mails, SomeEnvelope(), kEnglish)).size(),
            ComponentLink::kMaxStanzaBytes);
}

TEST(ThreadIdOf, IsTheSameForAllMailsOfAConversation) {
  mail::Mail first = SomeMail();
  mail::Mail answer;
  answer.message_id = "m2@example.org";
  answer.in_reply_to = {"m1@example.org"};
  mail::Mail third;
  third.message_id = "m3@example.org";
  third.references = {"m1@example.org", "m2@example.org"};
  third.in_reply_to = {"m2@example.org"};
  EXPECT_EQ(ThreadIdOf(first), ThreadIdOf(answer));
  EXPECT_EQ(ThreadIdOf(first), ThreadIdOf(third));
  EXPECT_EQ(ThreadIdOf(first).size(), 32u);
  EXPECT_EQ(ThreadIdOf(mail::Mail()), "");
}

TEST(MailsToDigest, NumbersTheMails) {
  mail::Mail old = SomeMail();
  old.received_unix = kNow - 86'400;
  old.subject = "Old\nnews";
  const Element message = MailsToDigest({SomeMail(), old}, SomeEnvelope(), kEnglish);
  EXPECT_EQ(message.ChildText("body"),
            "2 new mails\n\n1. Ann <ann@example.org>\n   Lunch\n"
            "2. Ann <ann@example.org>\n   Old news (2027-01-14 08:00 UTC)");
  EXPECT_EQ(message.Attr("type"), "chat");
  EXPECT_NE(message.Child("store", "urn:xmpp:hints"), nullptr);
}

TEST(MailsToDigest, IsBounded) {
  mail::Mail mail = SomeMail();
  mail.subject = std::string(2000, 's');
  const std::vector<mail::Mail> mails(200, mail);
  const std::string body = MailsToDigest(mails, SomeEnvelope(), kEnglish).ChildText("body");
  EXPECT_LE(body.size(), kMaxBodyBytes);
  EXPECT_NE(body.find(" more"), std::string::npos);
}

}  // namespace
}  // namespace postern::xmpp_edge
