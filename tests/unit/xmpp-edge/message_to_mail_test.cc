#include "services/xmpp-edge/message_to_mail.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/xmpp-edge/message_screening.h"
#include "services/xmpp-edge/reply_fallback.h"

namespace postern::xmpp_edge {
namespace {

const Words kEnglish("en");

Element Chat(absl::string_view body) {
  Element message = MakeStanza("message", "ann@example.org/x", "mail.example.org", "chat", "m1");
  message.AddText("body", body);
  return message;
}

std::string Specs(const std::vector<mail::Address>& addresses) {
  return absl::StrJoin(addresses, " ", [](std::string* out, const mail::Address& address) {
    out->append(address.Spec());
  });
}

TEST(ReadChatMail, TakesHeaderLinesFromTheHeadOfTheBodyOnly) {
  const struct {
    const char *name, *body, *to, *cc, *bcc, *subject, *text;
  } cases[] = {
      {"text alone", "hello\nthere", "", "", "", "", "hello\nthere"},
      {"to and text", "To: bob@example.net\nhello", "bob@example.net", "", "", "", "hello"},
      {"any case", "tO : bob@example.net\nSUBJECT:hi\nx", "bob@example.net", "", "", "hi", "x"},
      {"all of them", "To: a@b.example\nCc: c@d.example\nBcc: e@f.example\nSubject: s\n\ntext",
       "a@b.example", "c@d.example", "e@f.example", "s", "text"},
      {"several in a line", "To: a@b.example, Bob <c@d.example>\n\nx", "a@b.example c@d.example",
       "", "", "", "x"},
      {"a line repeated", "To: a@b.example\nTo: c@d.example\nx", "a@b.example c@d.example", "", "",
       "", "x"},
      {"a later line is text", "hello\nTo: bob@example.net", "", "", "", "",
       "hello\nTo: bob@example.net"},
      {"a blank line ends the head", "\nTo: be or not to be", "", "", "", "",
       "To: be or not to be"},
      {"only one blank line goes", "Subject: s\n\n\nx", "", "", "", "s", "\nx"},
      {"second subject is text", "Subject: a\nSubject: b", "", "", "", "a", "Subject: b"},
      {"unknown field is text", "Date: now\nTo: a@b.example", "", "", "", "",
       "Date: now\nTo: a@b.example"},
      {"carriage returns", "To: a@b.example\r\nhi\r\nthere\r\n", "a@b.example", "", "", "",
       "hi\nthere"},
      {"nothing but a head", "To: a@b.example", "a@b.example", "", "", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto mail = ReadChatMail(Chat(c.body), kEnglish);
    ASSERT_TRUE(mail.ok()) << mail.status();
    EXPECT_EQ(Specs(mail->to), c.to);
    EXPECT_EQ(Specs(mail->cc), c.cc);
    EXPECT_EQ(Specs(mail->bcc), c.bcc);
    EXPECT_EQ(mail->subject, c.subject);
    EXPECT_EQ(mail->text, c.text);
  }
}

TEST(ReadChatMail, NamesTheLineThatCanNotBeRead) {
  const struct {
    const char *body, *in_message;
  } cases[] = {
      {"To: nobody\nx", "line \"To:\""},
      {"To: a@b.example\nCc: no address at all\nx", "line \"Cc:\""},
      {"Bcc:\nx", "line \"Bcc:\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body);
    const auto mail = ReadChatMail(Chat(c.body), kEnglish);
    ASSERT_EQ(mail.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(mail.status().message().find(c.in_message), absl::string_view::npos) << mail.status();
  }
}

TEST(ReadChatMail, RefusesMoreThanAHundredRecipients) {
  std::string body;
  for (int i = 0; i <= 100; ++i) absl::StrAppend(&body, "To: user", i, "@example.org\n");
  EXPECT_EQ(ReadChatMail(Chat(body), kEnglish).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ReadChatMail, PrefersTheSubjectLineToTheSubjectElement) {
  Element message = Chat("To: a@b.example\nx");
  message.AddText("subject", "from\nthe element");
  EXPECT_EQ(ReadChatMail(message, kEnglish)->subject, "from the element");
  message = Chat("Subject: from the line\nx");
  message.AddText("subject", "from the element");
  EXPECT_EQ(ReadChatMail(message, kEnglish)->subject, "from the line");
}

TEST(ReadChatMail, ReadsTheIdsOfTheMessage) {
  Element message = Chat("x");
  Element origin = MakeElement("origin-id", "urn:xmpp:sid:0");
  origin.Set("id", "o1");
  Element reply = MakeElement("reply", "urn:xmpp:reply:0");
  reply.Set("id", "r1");
  message.Add(origin).Add(reply).Add(MakeElement("request", "urn:xmpp:receipts"));
  message.AddText("thread", "t1");
  const auto mail = ReadChatMail(message, kEnglish);
  ASSERT_TRUE(mail.ok());
  EXPECT_EQ(mail->id, "o1");
  EXPECT_EQ(mail->stanza_id, "m1");
  EXPECT_EQ(mail->reply_to_id, "r1");
  EXPECT_EQ(mail->thread_id, "t1");
  EXPECT_TRUE(mail->wants_receipt);
}

TEST(AnswerSubject, HasReOnce) {
  const struct {
    const char *subject, *answer;
  } cases[] = {
      {"Lunch", "Re: Lunch"},
      {"Re: Lunch", "Re: Lunch"},
      {"RE: re: Lunch", "Re: Lunch"},
      {"Re[2]: Lunch", "Re: Lunch"},
      {"AW: Re: Lunch", "Re: Lunch"},
      {"Antw: Lunch", "Re: Lunch"},
      {"Regards", "Re: Regards"},
      {"Re", "Re: Re"},
      {"Re[x]: a", "Re: Re[x]: a"},
      {"Fwd: a", "Re: Fwd: a"},
      {"", "Re: "},
      {"Re:", "Re: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.subject);
    EXPECT_EQ(AnswerSubject(c.subject), c.answer);
  }
}

TEST(ForwardSubject, HasFwdOnce) {
  const struct {
    const char *subject, *forwarded;
  } cases[] = {
      {"Lunch", "Fwd: Lunch"},           {"Fwd: Lunch", "Fwd: Lunch"},
      {"FW: WG: Lunch", "Fwd: Lunch"},   {"Re: Fwd: Lunch", "Fwd: Re: Fwd: Lunch"},
      {"Forward: a", "Fwd: Forward: a"}, {"", "Fwd: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.subject);
    EXPECT_EQ(ForwardSubject(c.subject), c.forwarded);
  }
}

TEST(ReadChatMail, KnowsTheLinesThatForwardAndQuote) {
  const struct {
    const char *language, *body;
    const char* forward;  // the local parts
    bool quote;
    const char* text;
  } cases[] = {
      {"en", "Forward: bob@example.net\nsee", "bob", false, "see"},
      {"en", "fwd : bob@example.net, Eve <eve@example.net>", "bob eve", false, ""},
      {"en", "Forward: bob@example.net\nFwd: eve@example.net\n\nFwd: text", "bob eve", false,
       "Fwd: text"},
      {"en", "Quote: yes\nfine", "", true, "fine"},
      {"en", "quote:\nfine", "", true, "fine"},
      {"en", "Quote: to be or not to be", "", false, "Quote: to be or not to be"},
      {"en", "\nQuote: yes", "", false, "Quote: yes"},
      {"de", "Quote: Ja\nfein", "", true, "fein"},
      {"en", "Quote: ja\nfein", "", false, "Quote: ja\nfein"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body);
    Element message = MakeStanza("message", "a@b", "c@d", "chat", "m1");
    message.AddText("body", c.body);
    const auto mail = ReadChatMail(message, Words(c.language));
    ASSERT_TRUE(mail.ok()) << mail.status();
    std::vector<std::string> forward;
    for (const mail::Address& address : mail->forward) forward.push_back(address.local_part);
    EXPECT_EQ(absl::StrJoin(forward, " "), c.forward);
    EXPECT_EQ(mail->quote, c.quote);
    EXPECT_EQ(mail->text, c.text);
  }
}

TEST(SubjectFromText, IsTheBeginningOfTheFirstLine) {
  EXPECT_EQ(SubjectFromText("See you at noon\nAnn"), "See you at noon");
  const std::string umlauts = absl::StrJoin(std::vector<std::string>(61, "ü"), "");
  EXPECT_EQ(SubjectFromText(umlauts), umlauts.substr(0, 120) + "…");
  EXPECT_EQ(SubjectFromText(""), "");
}

TEST(AnswerReferences, KeepTheFirstAndTheNewest) {
  EXPECT_EQ(AnswerReferences({"a"}, "b"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(AnswerReferences({"a"}, ""), std::vector<std::string>{"a"});
  std::vector<std::string> many;
  for (int i = 0; i < 40; ++i) many.push_back(absl::StrCat(i));
  const auto cut = AnswerReferences(many, "last");
  EXPECT_EQ(cut.size(), 30u);
  EXPECT_EQ(cut.front(), "0");
  EXPECT_EQ(cut[1], "12");
  EXPECT_EQ(cut.back(), "last");
}

Element WithFallback(absl::string_view body, absl::string_view start, absl::string_view end,
                     absl::string_view of = "urn:xmpp:reply:0") {
  Element message = Chat(body);
  Element part = MakeElement("body");
  if (!start.empty()) part.Set("start", start);
  if (!end.empty()) part.Set("end", end);
  Element fallback = MakeElement("fallback", "urn:xmpp:fallback:0");
  fallback.Set("for", of).Add(std::move(part));
  message.Add(std::move(fallback));
  return message;
}

TEST(BodyWithoutReplyFallback, CountsCodePoints) {
  const struct {
    const char *name, *body, *start, *end, *rest;
  } cases[] = {
      {"ascii", "> hi\nyes", "0", "5", "yes"},
      {"two bytes each", "> grüß\nja", "0", "7", "ja"},
      {"four bytes each", "> 😀\nja", "0", "4", "ja"},
      {"in the middle", "a > q b", "2", "6", "a b"},
      {"whole body", "> hi", "", "", ""},
      {"past the end", "> hi", "2", "99", "> "},
      {"backwards", "> hi", "4", "2", "> hi"},
      {"no number", "abc", "x", "y", ""},
      {"huge", "abc", "0", "99999999999999999999", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(BodyWithoutReplyFallback(WithFallback(c.body, c.start, c.end)), c.rest);
  }
  EXPECT_EQ(BodyWithoutReplyFallback(WithFallback("abc", "0", "2", "urn:xmpp:other:0")), "abc");
}

TEST(ScreenMessage, MailsOnlyWhatWasMeantAsText) {
  const struct {
    const char *name, *type, *body, *child, *ns;
    Fate fate;
  } cases[] = {
      {"chat", "chat", "hi", nullptr, nullptr, Fate::kMail},
      {"normal", "", "hi", nullptr, nullptr, Fate::kMail},
      {"error", "error", "hi", nullptr, nullptr, Fate::kIgnore},
      {"headline", "headline", "hi", nullptr, nullptr, Fate::kIgnore},
      {"groupchat", "groupchat", "hi", nullptr, nullptr, Fate::kIgnore},
      {"no body", "chat", "", nullptr, nullptr, Fate::kIgnore},
      {"blank body", "chat", " \n", nullptr, nullptr, Fate::kIgnore},
      {"chat state alone", "chat", "", "composing", "http://jabber.org/protocol/chatstates",
       Fate::kIgnore},
      {"chat state with text", "chat", "hi", "active", "http://jabber.org/protocol/chatstates",
       Fate::kMail},
      {"receipt", "chat", "", "received", "urn:xmpp:receipts", Fate::kIgnore},
      {"carbon", "chat", "hi", "sent", "urn:xmpp:carbons:2", Fate::kIgnore},
      {"forwarded", "chat", "hi", "forwarded", "urn:xmpp:forward:0", Fate::kIgnore},
      {"reaction", "chat", "👍", "reactions", "urn:xmpp:reactions:0", Fate::kIgnore},
      {"omemo", "chat", "I sent you …", "encrypted", "eu.siacs.conversations.axolotl",
       Fate::kRefuse},
      {"omemo key exchange", "chat", "", "encrypted", "eu.siacs.conversations.axolotl",
       Fate::kIgnore},
      {"eme", "chat", "fallback", "encryption", "urn:xmpp:eme:0", Fate::kRefuse},
      {"pgp", "chat", "fallback", "x", "jabber:x:encrypted", Fate::kRefuse},
      {"otr", "chat", "?OTR:AAMD", nullptr, nullptr, Fate::kRefuse},
      {"correction", "chat", "hi", "replace", "urn:xmpp:message-correct:0", Fate::kCorrection},
      {"retraction", "chat", "gone", "retract", "urn:xmpp:message-retract:1", Fate::kRetraction},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Element message = MakeStanza("message", "ann@example.org/x", "mail.example.org", c.type, "m1");
    if (*c.body != '\0') message.AddText("body", c.body);
    if (c.child != nullptr) message.Add(MakeElement(c.child, c.ns));
    const Screening screening = ScreenMessage(message, kEnglish);
    EXPECT_EQ(screening.fate, c.fate);
    EXPECT_EQ(screening.reason.empty(), c.fate != Fate::kRefuse);
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
