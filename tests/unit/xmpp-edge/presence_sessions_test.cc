// Who is there: presence_sessions.h, availability.h, and how presence feeds them.
#include "services/xmpp-edge/availability.h"
#include "tests/unit/xmpp-edge/presence_bench.h"

namespace postern::xmpp_edge {
namespace {

TEST_F(PresenceTest, ARestartKnowsTheSessionsAndAsksNobodyAgain) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "", "dnd");
  (void)Said();
  const int64_t since = process->sessions.all().at(kBobJid).since_unix_ms;
  auto second = std::make_unique<Process>(*this);
  while (!second->feature.ready()) Await(io, net::Sleep(milliseconds(20)));
  EXPECT_EQ(second->sessions.ShowOf(kBobJid), edge::v1::SHOW_DND);
  EXPECT_EQ(second->sessions.all().at(kBobJid).since_unix_ms, since);
  EXPECT_EQ(Said(), "presence probe gw.example>bob@a.example\n")
      << "nothing is shown before the server has said who is there";
  // The probe is answered: for the new process this is news, and it shows itself.
  second->router.Route(MakeStanza("presence", "bob@a.example/x", "gw.example"));
  EXPECT_EQ(Said(),
            "presence  gw.example/postern>bob@a.example/x\npresence  "
            "work@gw.example/IMAP>bob@a.example/x\n");
  admin.Stop();
  Await(io, second->tasks.Stop());
}

TEST_F(PresenceTest, WhatOneContactIsToldOfLeavesTheUserOnline) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  From("bob@a.example/x", "work@gw.example", "");
  (void)Said();
  process->directory.Apply(BobsAccount("smtp"));
  const struct {
    const char *name, *from, *to, *type;
    edge::v1::Show show;
  } steps[] = {
      // Prosody says so while the request of the second account waits for an answer.
      {"request received", "bob@a.example", "smtp@gw.example", "unavailable",
       edge::v1::SHOW_ONLINE},
      {"left the roster", "bob@a.example/x", "work@gw.example", "unavailable",
       edge::v1::SHOW_ONLINE},
      {"request received again", "bob@a.example", "work@gw.example", "unavailable",
       edge::v1::SHOW_ONLINE},
      {"another resource", "bob@a.example/y", "gw.example", "unavailable", edge::v1::SHOW_ONLINE},
      {"offline", "bob@a.example/x", "gw.example", "unavailable", edge::v1::SHOW_OFFLINE},
      {"told to no contact of ours", "bob@a.example/x", "none@gw.example", "",
       edge::v1::SHOW_OFFLINE},
      {"back", "bob@a.example/x", "gw.example", "", edge::v1::SHOW_ONLINE},
      {"nobody there", "bob@a.example", "gw.example", "unavailable", edge::v1::SHOW_OFFLINE},
  };
  for (const auto& step : steps) {
    SCOPED_TRACE(step.name);
    From(step.from, step.to, step.type);
    EXPECT_EQ(BobsShow(), step.show);
  }
}

TEST_F(PresenceTest, WhoNeverAcceptedTheGatewayIsSeenThroughTheAccounts) {
  admin.Add(BobsAccount("home"));
  admin.Add(BobsAccount("work"));
  Start();
  (void)Said();
  const struct {
    const char *name, *from, *to, *type;
    edge::v1::Show show;
  } steps[] = {
      {"online", "bob@a.example/x", "work@gw.example", "", edge::v1::SHOW_ONLINE},
      {"online, told to another", "bob@a.example/x", "home@gw.example", "", edge::v1::SHOW_ONLINE},
      {"the gateway's request received", "bob@a.example", "gw.example", "unavailable",
       edge::v1::SHOW_ONLINE},
      {"one contact left the roster", "bob@a.example/x", "home@gw.example", "unavailable",
       edge::v1::SHOW_ONLINE},
      {"the gateway is declined", "bob@a.example", "gw.example", "unsubscribed",
       edge::v1::SHOW_ONLINE},
      {"offline", "bob@a.example/x", "work@gw.example", "unavailable", edge::v1::SHOW_OFFLINE},
      {"back", "bob@a.example/x", "work@gw.example", "", edge::v1::SHOW_ONLINE},
      {"the last contact is declined", "bob@a.example", "work@gw.example", "unsubscribed",
       edge::v1::SHOW_OFFLINE},
  };
  for (const auto& step : steps) {
    SCOPED_TRACE(step.name);
    From(step.from, step.to, step.type);
    EXPECT_EQ(BobsShow(), step.show);
  }
  (void)Said();
  From("bob@a.example", "gw.example", "unsubscribed");
  EXPECT_EQ(Said(),
            "presence probe home@gw.example>bob@a.example\n"
            "presence probe work@gw.example>bob@a.example\n")
      << "so does a server answer a probe by who was not accepted";
}

TEST_F(PresenceTest, AContactThatWentKeepsNobodyOnline) {
  admin.Add(BobsAccount("home"));
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "home@gw.example", "");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_ONLINE);
  process->directory.Forget("bob@a.example/home");
  (void)Said();
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_OFFLINE);
}

TEST_F(PresenceTest, WhoIsAskedOnANewLinkIsGivenTimeAnew) {
  patience = milliseconds(400);
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  Await(io, net::Sleep(milliseconds(500)));
  process->feature.LinkCameUp();
  Await(io, net::Sleep(milliseconds(300)));
  process->feature.LinkCameUp();
  Await(io, net::Sleep(milliseconds(300)));
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_ONLINE) << "the patience of the first link is over";
  Await(io, net::Sleep(milliseconds(300)));
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_OFFLINE);
}

TEST_F(PresenceTest, AUserWithoutAccountsIsNotFed) {
  Start();
  AvailabilityFeed feed(io.get_executor());
  FeedAvailability(process->sessions, process->directory, feed);
  const auto fed = [&] { return Await(io, feed.Changes(edge::v1::ListAvailabilityRequest())); };
  process->directory.Apply(BobsAccount("work"));
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  EXPECT_EQ(fed().users_size(), 1);
  edge::v1::ListAvailabilityRequest since;
  since.set_epoch(fed().epoch());
  since.set_since_revision(1);
  process->directory.Forget("bob@a.example/work");
  (void)Said();
  EXPECT_EQ(Await(io, feed.Changes(since)).users_size(), 0);
  process->directory.Apply(BobsAccount("work"));
  const auto back = Await(io, feed.Changes(since));
  ASSERT_EQ(back.users_size(), 1);
  EXPECT_EQ(back.users(0).show(), edge::v1::SHOW_OFFLINE) << "a reader may know them as online";
}

TEST_F(PresenceTest, TheBestResourceCountsAndUnconfirmedOnesGo) {
  Start();
  PresenceSessions& sessions = process->sessions;
  const Jid phone = *ParseJid("bob@a.example/phone"), desk = *ParseJid("bob@a.example/desk");
  EXPECT_TRUE(Await(io, sessions.SetAvailable(phone, edge::v1::SHOW_XA)));
  EXPECT_TRUE(Await(io, sessions.SetAvailable(desk, edge::v1::SHOW_ONLINE)));
  EXPECT_FALSE(Await(io, sessions.SetAvailable(desk, edge::v1::SHOW_DND)));
  EXPECT_EQ(sessions.ShowOf(kBobJid), edge::v1::SHOW_DND);
  sessions.Doubt(kBobJid);
  EXPECT_TRUE(Await(io, sessions.SetAvailable(phone, edge::v1::SHOW_XA))) << "confirmed anew";
  sessions.DropUnconfirmed(kBobJid);
  EXPECT_EQ(sessions.ShowOf(kBobJid), edge::v1::SHOW_XA);
  Await(io, sessions.SetUnavailable(phone));
  EXPECT_FALSE(sessions.IsAvailable(kBobJid));
  for (int i = 0; i < 100; ++i) {
    const Jid jid = *ParseJid("bob@a.example/" + std::to_string(i));
    (void)Await(io, sessions.SetAvailable(jid, edge::v1::SHOW_XA));
  }
  EXPECT_EQ(sessions.FullJids(kBobJid).size(), 32u);
}

TEST_F(PresenceTest, APresenceThatWasLostIsAskedForAgain) {
  patience = milliseconds(100);
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  process->feature.Missed(kBobJid);
  process->feature.Missed(kBobJid);
  process->feature.Missed("eve@a.example");
  EXPECT_EQ(Said(), "presence probe gw.example>bob@a.example\n");
  Await(io, net::Sleep(milliseconds(300)));
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_OFFLINE) << "the lost one was a leave, and nobody answers";
}

TEST(AvailabilityFeed, TellsEachReaderWhatIsNewToIt) {
  boost::asio::io_context io;
  AvailabilityFeed feed(io.get_executor());
  PresenceSession online, offline;
  online.resources["x"] = {edge::v1::SHOW_ONLINE, true};
  online.since_unix_ms = 5;
  feed.Update("ann@a", online);
  feed.Update("bob@a", online);
  feed.Update("bob@a", offline);

  edge::v1::ListAvailabilityRequest request;
  auto all = Await(io, feed.Changes(request));
  EXPECT_TRUE(all.snapshot());
  ASSERT_EQ(all.users_size(), 1) << "who is not in a snapshot is offline";
  EXPECT_EQ(all.users(0).user(), "ann@a");
  EXPECT_EQ(all.users(0).since_unix_ms(), 5);

  request.set_epoch(all.epoch());
  request.set_since_revision(all.revision());
  request.set_wait_ms(30);
  EXPECT_EQ(Await(io, feed.Changes(request)).users_size(), 0) << "after a wait in vain";
  feed.Update("ann@a", offline);
  const auto changes = Await(io, feed.Changes(request));
  EXPECT_FALSE(changes.snapshot());
  ASSERT_EQ(changes.users_size(), 1);
  EXPECT_EQ(changes.users(0).show(), edge::v1::SHOW_OFFLINE);

  request.set_epoch("another process");
  EXPECT_TRUE(Await(io, feed.Changes(request)).snapshot());
}

}  // namespace
}  // namespace postern::xmpp_edge
