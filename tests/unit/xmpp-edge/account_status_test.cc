#include "services/xmpp-edge/features/account_status.h"

#include <gtest/gtest.h>

#include "services/xmpp-edge/config.h"
#include "services/xmpp-edge/delivery_desk.h"
#include "tests/unit/xmpp-edge/fake_directory.h"

namespace postern::xmpp_edge {
namespace {

using testing::WorkAccount;

TEST(AccountPresence, ShowsHealth) {
  const struct {
    admin::v1::HealthState state;
    const char *show, *status;
  } cases[] = {
      {admin::v1::HEALTH_STATE_OK, "", "imaps://bob@imap.example.org:993 — watching INBOX"},
      {admin::v1::HEALTH_STATE_CHECKING, "away", "imaps://bob@imap.example.org:993 — connecting…"},
      {admin::v1::HEALTH_STATE_ERROR, "dnd", "wrong password"},
      {admin::v1::HEALTH_STATE_DISABLED, "xa", "This account is disabled"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.status);
    admin::v1::Account account = WorkAccount();
    account.mutable_health()->set_state(c.state);
    account.mutable_health()->set_error("wrong password");
    const Element presence = AccountPresence(account, "work@gw", "bob@a.example/x");
    EXPECT_EQ(presence.Attr("type"), "");
    EXPECT_EQ(presence.ChildText("show"), c.show);
    EXPECT_EQ(presence.ChildText("status"), c.status);
  }
}

TEST(AccountPresence, ADisabledAccountIsXaWhateverItsHealth) {
  admin::v1::Account account = WorkAccount();
  account.set_enabled(false);
  EXPECT_EQ(AccountPresence(account, "a", "b").ChildText("show"), "xa");
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
