// Contacts and subscriptions: features/presence.h.
#include "tests/unit/xmpp-edge/presence_bench.h"

namespace postern::xmpp_edge {
namespace {

TEST_F(PresenceTest, ANewAccountIsIntroducedOnceEvenAcrossARestart) {
  admin.Add(BobsAccount("work"));
  Start();
  EXPECT_EQ(Said(),
            "presence subscribe gw.example>bob@a.example\n"
            "presence subscribe work@gw.example>bob@a.example\n"
            "presence probe gw.example>bob@a.example\n");
  process->directory.Apply(BobsAccount("home"));
  EXPECT_EQ(Said(), "presence subscribe home@gw.example>bob@a.example\n");
}

TEST_F(PresenceTest, SubscriptionsAreAcceptedAndGivenBack) {
  admin.Add(BobsAccount("work"));
  Start();
  (void)Said();
  const struct {
    const char *name, *from, *to, *said;
  } cases[] = {
      {"gateway", "bob@a.example", "gw.example",
       "presence subscribed gw.example>bob@a.example\n"
       "presence subscribe gw.example>bob@a.example\npresence  gw.example/postern>bob@a.example\n"},
      {"account", "bob@a.example", "work@gw.example",
       "presence subscribed work@gw.example>bob@a.example\n"
       "presence subscribe work@gw.example>bob@a.example\n"
       "presence  work@gw.example/IMAP>bob@a.example\n"},
      {"correspondent", "bob@a.example", "ann\\40x.example@gw.example",
       "presence subscribed ann\\40x.example@gw.example>bob@a.example\n"
       "presence  ann\\40x.example@gw.example/mail>bob@a.example\n"},
      {"no such account", "bob@a.example", "none@gw.example",
       "presence unsubscribed none@gw.example>bob@a.example\n"},
      {"another's account", "eve@a.example", "work@gw.example",
       "presence unsubscribed work@gw.example>eve@a.example\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    From(c.from, c.to, "subscribe");
    EXPECT_EQ(Said(), c.said);
  }
  From("bob@a.example", "work@gw.example", "unsubscribe");
  EXPECT_EQ(Said(),
            "presence unsubscribed work@gw.example>bob@a.example\n"
            "presence unavailable work@gw.example/IMAP>bob@a.example\n");
  From("eve@a.example", "work@gw.example", "unsubscribe");
  EXPECT_EQ(Said(), "presence unsubscribed work@gw.example>eve@a.example\n");
  EXPECT_NE(process->directory.Find(kBobJid, "work"), nullptr) << "unsubscribing deletes nothing";
}

TEST_F(PresenceTest, WhoComesOnlineSeesAllContactsAndProbesAreAnswered) {
  admin.Add(BobsAccount("work"));
  Start();
  (void)Said();
  From("bob@a.example/x", "gw.example", "");
  EXPECT_EQ(Said(),
            "presence  gw.example/postern>bob@a.example/x\npresence  "
            "work@gw.example/IMAP>bob@a.example/x\n");
  From("bob@a.example/x", "work@gw.example", "");
  From("bob@a.example/x", "gw.example", "", "away");
  EXPECT_EQ(Said(), "") << "nothing new to show";
  EXPECT_EQ(process->sessions.ShowOf(kBobJid), edge::v1::SHOW_AWAY);
  From("bob@a.example", "work@gw.example", "probe");
  EXPECT_EQ(Said(), "presence  work@gw.example/IMAP>bob@a.example\n");
  From("eve@a.example", "work@gw.example", "probe");
  From("eve@a.example/y", "gw.example", "");
  EXPECT_EQ(Said(), "");
  EXPECT_EQ(process->sessions.all().size(), 1u) << "strangers are not tracked";
}

TEST_F(PresenceTest, HealthIsShownToWhoIsThereAndAnErrorToldOnce) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  admin::v1::Account account = BobsAccount("work");
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
  account.mutable_health()->set_error("imap.example.org: name not found");
  process->directory.Apply(account);
  EXPECT_EQ(Said(),
            "presence  work@gw.example/IMAP>bob@a.example/x\n"
            "message chat work@gw.example>bob@a.example\n");
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_CHECKING);
  process->directory.Apply(account);
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
  (void)Said();
  process->directory.Apply(account);
  EXPECT_EQ(Said(), "presence  work@gw.example/IMAP>bob@a.example/x\n") << "not told again";
}

TEST_F(PresenceTest, ARemovedAccountTakesLeaveAndTheLastOneTakesTheGatewayAlong) {
  admin.Add(BobsAccount("home"));
  admin.Add(BobsAccount("work"));
  Start();
  (void)Said();
  process->directory.Forget("bob@a.example/home");
  EXPECT_EQ(Said(),
            "presence unsubscribe home@gw.example>bob@a.example\n"
            "presence unsubscribed home@gw.example>bob@a.example\n"
            "presence unavailable home@gw.example/IMAP>bob@a.example\n");
  sink.up = false;  // nothing is forgotten while the link is down
  process->directory.Forget("bob@a.example/work");
  EXPECT_EQ(Said(), "");
  sink.up = true;
  Await(io, net::Sleep(milliseconds(1000)));
  EXPECT_EQ(Said(),
            "presence unsubscribe work@gw.example>bob@a.example\n"
            "presence unsubscribed work@gw.example>bob@a.example\n"
            "presence unavailable work@gw.example/IMAP>bob@a.example\n"
            "presence unsubscribe gw.example>bob@a.example\n"
            "presence unsubscribed gw.example>bob@a.example\n"
            "presence unavailable gw.example/postern>bob@a.example\n");
}

TEST_F(PresenceTest, AnAccountRegisteredAnewStaysInTheRoster) {
  admin.Add(BobsAccount("home"));
  admin.Add(BobsAccount("work"));
  Start();
  (void)Said();
  admin::v1::Account anew = BobsAccount("home");
  anew.set_id("another id");
  const bool orders[] = {true, false};
  for (const bool removal_first : orders) {
    SCOPED_TRACE(removal_first);
    const std::string old_id = removal_first ? "bob@a.example/home" : "another id";
    if (!removal_first) anew.set_id("a third id");
    if (removal_first) process->directory.Forget(old_id);
    process->directory.Apply(anew);
    if (!removal_first) process->directory.Forget(old_id);
    EXPECT_EQ(Said(), "presence subscribe home@gw.example>bob@a.example\n");
    EXPECT_EQ(process->contacts.Find(old_id), nullptr);
    EXPECT_NE(process->contacts.Find(anew.id()), nullptr);
  }
}

TEST_F(PresenceTest, NothingIsSaidTwiceBecauseRedisIsAway) {
  admin.Add(BobsAccount("work"));
  Start();
  (void)Said();
  redis_server.Kill();
  process->directory.Apply(BobsAccount("home"));
  admin::v1::Account broken = BobsAccount("work");
  broken.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
  process->directory.Apply(broken);
  Await(io, net::Sleep(std::chrono::seconds(14)));
  redis_server.Restart();
  Await(io, net::Sleep(std::chrono::seconds(3)));
  EXPECT_EQ(Said(),
            "presence subscribe home@gw.example>bob@a.example\n"
            "message chat work@gw.example>bob@a.example\n");
  PresenceContacts stored(*process->redis);
  ASSERT_TRUE(Await(io, stored.Load()).ok());
  ASSERT_NE(stored.Find("bob@a.example/home"), nullptr);
  EXPECT_NE(stored.Find("bob@a.example/work")->told_error, "");

  redis_server.Kill();
  process->directory.Forget("bob@a.example/home");
  Await(io, net::Sleep(std::chrono::seconds(8)));
  redis_server.Restart();
  Await(io, net::Sleep(std::chrono::seconds(3)));
  EXPECT_EQ(Said(),
            "presence unsubscribe home@gw.example>bob@a.example\n"
            "presence unsubscribed home@gw.example>bob@a.example\n"
            "presence unavailable home@gw.example/IMAP>bob@a.example\n");
  PresenceContacts left(*process->redis);
  ASSERT_TRUE(Await(io, left.Load()).ok());
  EXPECT_EQ(left.Find("bob@a.example/home"), nullptr);
}

TEST_F(PresenceTest, ACleanStopSaysGoodbye) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  EXPECT_TRUE(Await(io, process->feature.SayGoodbye()).ok());
  EXPECT_EQ(sink.Take(),
            "presence unavailable gw.example/postern>bob@a.example/x\n"
            "presence unavailable work@gw.example/IMAP>bob@a.example/x\n");
}

TEST_F(PresenceTest, AStopOfALargeSiteIsNoStorm) {
  admin.Add(BobsAccount("work"));
  Start();
  for (int i = 0; i < 1000; ++i) {
    const Jid jid = *ParseJid("u" + std::to_string(i) + "@a.example/x");
    (void)Await(io, process->sessions.SetAvailable(jid, edge::v1::SHOW_ONLINE));
  }
  (void)Said();
  EXPECT_TRUE(Await(io, process->feature.SayGoodbye()).ok());
  EXPECT_EQ(sink.sent.size(), 800u);
  for (const Element& goodbye : sink.sent) EXPECT_EQ(goodbye.Attr("from"), "gw.example/postern");
}

TEST_F(PresenceTest, WhoRegistersDoesNotWaitForTheTroubleOfOthers) {
  for (int i = 0; i < 100; ++i) admin.Add(BobsAccount("a" + std::to_string(i)));
  Start();
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  for (int i = 0; i < 100; ++i) {
    admin::v1::Account broken = BobsAccount("a" + std::to_string(i));
    broken.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
    process->directory.Apply(broken);
  }
  process->directory.Apply(BobsAccount("new"));
  const std::string said = Said();
  const size_t asked = said.find("presence subscribe new@gw.example");
  ASSERT_NE(asked, std::string::npos);
  EXPECT_LT(asked, 200u) << "it stands at the end of those whose health has changed";
}

TEST_F(PresenceTest, AnotherLanguageIsShownAtOnceToWhoIsThere) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  admin::v1::Account french = BobsAccount("work");
  french.mutable_preferences()->set_language("fr");
  process->directory.Apply(french);
  Await(io, UntilQuiet());
  ASSERT_EQ(sink.sent.size(), 2u);
  EXPECT_EQ(sink.sent[0].ChildText("status"), "imaps://ann@imap.example.org:993 — connexion…");
  EXPECT_EQ(sink.sent[1].ChildText("status"), "1 compte enregistré");
}

TEST_F(PresenceTest, NothingIsShownAfterTheGoodbye) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  EXPECT_TRUE(Await(io, process->feature.SayGoodbye()).ok());
  (void)Said();
  admin::v1::Account broken = BobsAccount("work");
  broken.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
  process->directory.Apply(broken);
  EXPECT_EQ(Said(), "");
}

}  // namespace
}  // namespace postern::xmpp_edge
