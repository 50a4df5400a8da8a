// Notifications of rules, by their URIs.

#include "services/fetcher/effects/notification.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/fetcher/effects/sending_on.h"

namespace postern::fetcher {
namespace {

rules::v1::Action NotifyAction(const std::string& method, const std::string& message = "") {
  rules::v1::Action action;
  action.set_key("k1");
  action.mutable_notify()->set_method(method);
  action.mutable_notify()->set_message(message);
  action.mutable_notify()->set_importance(1);
  return action;
}

NotifiedMail Mail() {
  NotifiedMail mail;
  mail.account = "work";
  mail.user = "ann@example.org";
  mail.mail_id = "d1";
  mail.from = "Bob <bob@x.org>";
  mail.subject = "A \"big\"\nthing";
  mail.received_unix = 1767225600;
  return mail;
}

std::string Listed(const std::vector<mail::Address>& addresses) {
  return absl::StrJoin(addresses, ", ", [](std::string* out, const mail::Address& address) {
    out->append(address.Readable());
  });
}

TEST(Notification, ByXmppIsAHeadlineToTheJidOfTheUri) {
  const struct {
    const char* method;
    const char* message;
    const char* said;  // "to|type|subject|body"
  } cases[] = {
      {"xmpp:eve@x.org", "New!", "eve@x.org|headline||New!"},
      {"XMPP:eve@x.org/phone?message;subject=A%20b;body=C%26d", "", "eve@x.org|headline|A b|C&d"},
      {"xmpp:eve@x.org?message;body=uri", "rule", "eve@x.org|headline||rule"},
      {"xmpp://me@x.org/eve@x.org", "", "eve@x.org|headline||Bob <bob@x.org>: A \"big\" thing"},
      {"xmpp:eve@x.org?message;type=normal", "m", "eve@x.org|normal||m"},
      {"xmpp:e%20e@x.org", "m", "e e@x.org|headline||m"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.method);
    const auto made = XmppNotification(NotifyAction(c.method, c.message), Mail());
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(made->to() + "|" + (made->headline() ? "headline" : "normal") + "|" +
                  made->subject() + "|" + made->body(),
              c.said);
    EXPECT_EQ(made->notification_id(), "k1");
    EXPECT_EQ(made->urgency(), "high");
  }
  for (const char* none : {"xmpp:", "xmpp:?message", "mailto:a@b.c", "", "xmpp:/x"}) {
    SCOPED_TRACE(none);
    EXPECT_FALSE(XmppNotification(NotifyAction(none), Mail()).ok());
  }
}

TEST(Notification, IsAnInstantMessageWhereTheRuleSaysSo) {
  rules::v1::Action action = NotifyAction("xmpp:eve@x.org?message;type=normal", "You have mail");
  action.mutable_notify()->add_options("type=chat");
  const auto made = XmppNotification(action, Mail());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->chat());
  EXPECT_FALSE(made->headline());
  EXPECT_EQ(made->body(), "You have mail");
}

TEST(Notification, ByMailHasTheTextOfItsOption) {
  rules::v1::Action action = NotifyAction("mailto:a@b.c", "Subject");
  action.mutable_notify()->add_options("body=One\nBcc: eve@x.org");
  const auto made = MailtoNotification(action, Mail());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->subject, "Subject");
  EXPECT_EQ(made->text, "One\nBcc: eve@x.org");
}

TEST(Notification, ByMailGoesToTheAddressesOfTheUri) {
  const auto made =
      MailtoNotification(NotifyAction("mailto:a@b.c,d%40e.f?subject=S&body=T&cc=g@h.i"), Mail());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(Listed(made->to), "a@b.c, d@e.f");
  EXPECT_EQ(Listed(made->cc), "g@h.i");
  EXPECT_EQ(made->subject, "S");
  EXPECT_EQ(made->text, "T");
  const auto told = MailtoNotification(NotifyAction("mailto:a@b.c", "One\r\nBcc: eve@x"), Mail());
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->subject, "One Bcc: eve@x") << "one line, whatever is in it";
  EXPECT_EQ(told->text, "Bob <bob@x.org>: A \"big\" thing\n");
  for (const char* none : {"mailto:", "mailto:nobody", "xmpp:a@b.c", "mailto:?subject=x"}) {
    SCOPED_TRACE(none);
    EXPECT_FALSE(MailtoNotification(NotifyAction(none), Mail()).ok());
  }
}

TEST(Notification, ByMailReadsListsAsRulesDo) {
  struct {
    const char* uri;
    const char* to;
    const char* cc;
  } const cases[] = {
      {"mailto:a@b.c%2Cd@e.f", "a@b.c, d@e.f", ""},
      {"mailto:?to=a@b.c%2C%20d@e.f&cc=g@h.i", "a@b.c, d@e.f", "g@h.i"},
      {"mailto:a@b.c?to=a@B.c&cc=A@b.c,a@b.c,d@e.f", "a@b.c", "A@b.c, d@e.f"},
      {"mailto:?cc=g@h.i", "", "g@h.i"},
      {"mailto:?to=%3D%3Futf-8%3Fq%3FG%3DC3%3DBCnther%3F%3D%20M.%20K.%20%3Cg%40h.i%3E",
       "G\xC3\xBCnther M. K. <g@h.i>", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.uri);
    const auto made = MailtoNotification(NotifyAction(c.uri), Mail());
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(Listed(made->to), c.to);
    EXPECT_EQ(Listed(made->cc), c.cc);
  }
  std::string many = "mailto:a@b.c";
  for (int i = 0; i < 8; ++i) absl::StrAppend(&many, ",", i, "@b.c");
  EXPECT_FALSE(MailtoNotification(NotifyAction(many), Mail()).ok());
}

TEST(Notification, OfAWebServerIsJson) {
  const std::string json = WebhookJson(NotifyAction("https://x.org/h?token=secret", "m"), Mail());
  for (const char* part :
       {"\"id\":\"k1\"", "\"account\":\"work\"", "\"from\":\"Bob \\u003cbob@x.org\\u003e\"",
        "\"subject\":\"A \\\"big\\\" thing\"", "\"received\":\"2026-01-01T00:00:00Z\""}) {
    EXPECT_TRUE(absl::StrContains(json, part)) << part << " in " << json;
  }
  EXPECT_FALSE(absl::StrContains(json, "secret"));
  EXPECT_LE(WebhookJson(NotifyAction("https://x", std::string(100'000, '<')), Mail()).size(),
            16384u);
}

TEST(Notification, ThatIsFiledIsTheMailThatIsSent) {
  rules::v1::Action action = NotifyAction("mailto:a@b.c,d@e.f", "H\xC3\xA9");
  const auto made = MailtoNotification(action, Mail());
  ASSERT_TRUE(made.ok());
  const mail::Address from{"Ann", "ann", "example.org"};
  const AnswerMail written = WriteNotice(action, *made, from, 1767225600);
  EXPECT_EQ(written.message_id, WriteNotice(action, *made, from, 1).message_id);
  for (const char* field :
       {"From: Ann <ann@example.org>\r\n", "To: a@b.c, d@e.f\r\n", "Subject: =?",
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n", "Auto-Submitted: auto-notified\r\n",
        "MIME-Version: 1.0\r\n", "\r\n\r\nBob <bob@x.org>: A \"big\" thing\r\n"}) {
    EXPECT_TRUE(absl::StrContains(written.mail, field)) << field << "\n" << written.mail;
  }
  EXPECT_TRUE(absl::StrContains(written.mail, written.message_id));
}

}  // namespace
}  // namespace postern::fetcher
