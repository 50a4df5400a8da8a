#include "services/xmpp-edge/features/account_status.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/config.h"
#include "services/xmpp-edge/delivery_desk.h"
#include "tests/unit/xmpp-edge/fake_directory.h"

namespace postern::xmpp_edge {
namespace {

using testing::WorkAccount;

TEST(AccountPresence, ShowsHealth) {
  using namespace admin::v1;
  const std::string asks =
      "Waiting for your password: reply with it to the message from this contact that asks for it.";
  const struct {
    const char* name;
    AccountType type;
    HealthState state;
    std::string error, show, status;
  } cases[] = {
      {"imap", ACCOUNT_TYPE_IMAP, HEALTH_STATE_OK, "", "",
       "imaps://bob@imap.example.org:993 — watching INBOX"},
      {"pop3", ACCOUNT_TYPE_POP3, HEALTH_STATE_OK, "", "",
       "pop3s://bob@imap.example.org:993 — watching"},
      {"smtp", ACCOUNT_TYPE_SMTP, HEALTH_STATE_OK, "", "",
       "smtps://bob@imap.example.org:993 — ready to send"},
      {"smtp, not tried", ACCOUNT_TYPE_SMTP, HEALTH_STATE_CHECKING, "", "",
       "smtps://bob@imap.example.org:993 — ready to send"},
      {"relay", ACCOUNT_TYPE_GLOBAL_SMTP, HEALTH_STATE_CHECKING, "", "",
       "Ready to send from bob@a.example"},
      {"checking", ACCOUNT_TYPE_IMAP, HEALTH_STATE_CHECKING, "", "away",
       "imaps://bob@imap.example.org:993 — connecting…"},
      {"asking", ACCOUNT_TYPE_IMAP, HEALTH_STATE_ASKING, "", "xa", asks},
      {"asking again", ACCOUNT_TYPE_IMAP, HEALTH_STATE_ASKING, "wrong password", "xa",
       asks + " (wrong password)"},
      {"error", ACCOUNT_TYPE_IMAP, HEALTH_STATE_ERROR, "wrong password", "dnd", "wrong password"},
      {"error of which nothing is said", ACCOUNT_TYPE_IMAP, HEALTH_STATE_ERROR, "", "dnd",
       "This account has an error"},
      {"disabled", ACCOUNT_TYPE_IMAP, HEALTH_STATE_DISABLED, "", "xa", "This account is disabled"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Account account = WorkAccount();
    account.set_type(c.type);
    account.set_default_from("bob@a.example");
    account.mutable_health()->set_state(c.state);
    account.mutable_health()->set_error(c.error);
    const Element presence = AccountPresence(account, "gw", "bob@a.example/x", Words("en"));
    EXPECT_EQ(presence.Attr("from"), absl::StrCat("work@gw/", NameOfType(c.type)));
    EXPECT_EQ(presence.Attr("type"), "");
    EXPECT_EQ(presence.ChildText("show"), c.show);
    EXPECT_EQ(presence.ChildText("status"), c.status);
  }
}

TEST(AccountPresence, ADisabledAccountIsXaWhateverItsHealth) {
  admin::v1::Account account = WorkAccount();
  account.set_enabled(false);
  EXPECT_EQ(AccountPresence(account, "a", "b", Words("en")).ChildText("show"), "xa");
}

TEST(AccountPresence, SaysTheProblemAsItIsWorded) {
  admin::v1::Account account = WorkAccount();
  admin::v1::Health& health = *account.mutable_health();
  health.set_state(admin::v1::HEALTH_STATE_ERROR);
  health.set_error("English");
  health.mutable_problem()->set_text("$0: name not found");
  health.mutable_problem()->add_arguments("imap.example.org");
  EXPECT_EQ(AccountPresence(account, "a", "b", Words("en")).ChildText("status"),
            "imap.example.org: name not found");
  PresenceContacts::Contact contact;
  contact.jid = "work@gw/IMAP";
  contact.owner = "bob@a.example";
  const Element message = ErrorMessage(account, contact, Words("en"));
  EXPECT_EQ(message.ChildText("body"),
            "Account 'Work' has a problem: imap.example.org: name not found");
  EXPECT_EQ(message.Attr("from"), "work@gw") << "conversations are with contacts";
  EXPECT_EQ(message.Attr("to"), "bob@a.example");
  const std::string print = ErrorFingerprint(account);
  health.clear_problem();
  EXPECT_EQ(ErrorFingerprint(account), print) << "one problem, however it is worded";
}

TEST(IntroductionOf, SaysWhatTheContactIsFor) {
  const struct {
    const char* name;
    admin::v1::AccountType type;
    const char* text;
  } cases[] = {
      {"imap", admin::v1::ACCOUNT_TYPE_IMAP,
       "Your mail account 'Work' (IMAP): new mail comes from this contact."},
      {"pop3", admin::v1::ACCOUNT_TYPE_POP3,
       "Your mail account 'Work' (POP3): new mail comes from this contact."},
      {"smtp", admin::v1::ACCOUNT_TYPE_SMTP,
       "Your mail account 'Work' (SMTP): write to this contact to send mail from Bob <bob@x>."},
      {"relay", admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP,
       "Your mail account 'Work' (GlobalSMTP): write to this contact to send mail from Bob "
       "<bob@x>."},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    admin::v1::Account account = WorkAccount();
    account.set_type(c.type);
    account.set_default_from("Bob <bob@x>");
    EXPECT_EQ(IntroductionOf(account, Words("en")), c.text);
  }
}

TEST(GatewayPresence, CountsTheAccounts) {
  EXPECT_EQ(GatewayPresence(1, "gw", "b", Words("en")).Attr("from"), "gw/postern");
  EXPECT_EQ(GatewayPresence(1, "gw", "b", Words("en")).ChildText("status"), "1 account registered");
  EXPECT_EQ(GatewayPresence(2, "gw", "b", Words("en")).ChildText("status"),
            "2 accounts registered");
}

TEST(IsWorthTelling, OncePerTextAndAgainAfterAnHourOfHealth) {
  admin::v1::Account account = WorkAccount();
  PresenceContacts::Contact contact;
  EXPECT_FALSE(IsWorthTelling(account, contact, 1000)) << "nothing is wrong";
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
  account.mutable_health()->set_error("wrong password");
  EXPECT_TRUE(IsWorthTelling(account, contact, 1000));
  contact.told_error = ErrorFingerprint(account);
  contact.told_unix = 1000;
  EXPECT_FALSE(IsWorthTelling(account, contact, 9000)) << "told, and it never got well";
  account.mutable_health()->set_last_ok_unix(2000);
  EXPECT_FALSE(IsWorthTelling(account, contact, 2100)) << "flapping is not news";
  EXPECT_TRUE(IsWorthTelling(account, contact, 5000));
  account.mutable_health()->set_error("no such host");
  EXPECT_TRUE(IsWorthTelling(account, contact, 2100)) << "another text";
  account.set_enabled(false);
  EXPECT_FALSE(IsWorthTelling(account, contact, 2100));
}

TEST(ActionFor, PicksTheActionOfTheShow) {
  admin::v1::PresenceActions actions = WorkAccount().actions();
  const struct {
    edge::v1::Show show;
    admin::v1::Action action;
  } cases[] = {
      {edge::v1::SHOW_CHAT, admin::v1::ACTION_FULL},
      {edge::v1::SHOW_ONLINE, admin::v1::ACTION_FULL},
      {edge::v1::SHOW_AWAY, admin::v1::ACTION_DIGEST},
      {edge::v1::SHOW_XA, admin::v1::ACTION_DIGEST},
      {edge::v1::SHOW_DND, admin::v1::ACTION_DIGEST},
      {edge::v1::SHOW_OFFLINE, admin::v1::ACTION_NOTHING},
  };
  for (const auto& c : cases) EXPECT_EQ(ActionFor(actions, c.show), c.action) << c.show;
}

TEST(BestShow, ChatBeatsOnlineBeatsDndBeatsAwayBeatsXa) {
  using namespace edge::v1;
  const Show order[] = {SHOW_OFFLINE, SHOW_XA, SHOW_AWAY, SHOW_DND, SHOW_ONLINE, SHOW_CHAT};
  for (int i = 1; i < 6; ++i) EXPECT_EQ(BestShow(order[i - 1], order[i]), order[i]);
}

TEST(ParseHostPort, TakesNamesAndAddresses) {
  const struct {
    const char *text, *host;
    int port;  // 0: refused
  } cases[] = {
      {"localhost:5347", "localhost", 5347},
      {"127.0.0.1:1", "127.0.0.1", 1},
      {"[::1]:5347", "::1", 5347},
      {"localhost", "", 0},
      {"localhost:0", "", 0},
      {"localhost:65536", "", 0},
      {":5347", "", 0},
      {"::1:5347", "", 0},
      {"localhost:x", "", 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    std::string host;
    uint16_t port = 0;
    ASSERT_EQ(ParseHostPort(c.text, host, port), c.port != 0);
    if (c.port != 0) {
      EXPECT_EQ(host, c.host);
    }
    EXPECT_EQ(port, c.port);
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
