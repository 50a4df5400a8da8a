#include "services/xmpp-edge/features/presence.h"

#include <gtest/gtest.h>

#include "services/xmpp-edge/availability.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/feature_bench.h"
#include "tests/unit/xmpp-edge/recording_sink.h"

namespace postern::xmpp_edge {
namespace {

using std::chrono::milliseconds;
using testing::Await;

// The presence half of the edge over a real Redis and a fake admin.
struct PresenceTest : ::testing::Test {
  PresenceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&admin);
    server = builder.BuildAndStart();
    stub = admin::v1::AdminService::NewStub(server->InProcessChannel({}));
  }
  ~PresenceTest() override {
    admin.Stop();
    server->Shutdown();
  }

  // A process of the edge; destroyed, it is as if killed.
  struct Process {
    explicit Process(PresenceTest& t)
        : redis(*store::RedisClient::Create(t.io.get_executor(), t.redis_server.url())),
          tasks(t.io.get_executor()),
          directory(*t.stub),
          interpreter("en", directory),
          site(*t.stub),
          threads(*redis),
          sessions(*redis),
          contacts(*redis),
          feature(FeatureContext{"gw.example", t.sink, directory, interpreter, site, threads,
                                 sessions, *t.stub, *t.no_rules, *t.no_sender, *t.no_fetcher,
                                 *redis, tasks, t.io.get_executor()},
                  sessions, contacts, t.patience),
          router("gw.example", t.sink, tasks) {
      router.OnPresence([this](Incoming i) { return feature.Handle(std::move(i)); });
      tasks.Spawn("directory", directory.Follow());
      tasks.Spawn("contacts", feature.KeepContacts());
      tasks.Spawn("sessions", feature.KeepSessions());
    }
    std::unique_ptr<store::RedisClient> redis;
    net::TaskGroup tasks;
    AccountDirectory directory;
    Interpreter interpreter;
    SiteSettings site;
    ThreadStore threads;
    PresenceSessions sessions;
    PresenceContacts contacts;
    PresenceFeature feature;
    StanzaRouter router;
  };

  net::Task<void> UntilQuiet() {
    size_t before = 0;
    for (int quiet = 0; quiet < 8; ++quiet) {
      if (sink.sent.size() != before) quiet = 0;
      before = sink.sent.size();
      co_await net::Sleep(milliseconds(20));
    }
  }
  std::string Said() {
    Await(io, UntilQuiet());
    return sink.Take();
  }
  void Start() {
    process = std::make_unique<Process>(*this);
    while (!process->feature.ready()) Await(io, net::Sleep(milliseconds(20)));
  }
  void Kill() {
    Await(io, StopTasks());
    process.reset();
  }
  net::Task<void> StopTasks() {
    admin.Stop();
    co_await process->tasks.Stop();
  }
  void From(const std::string& from, const std::string& to, const std::string& type,
            const std::string& show = "") {
    Element presence = MakeStanza("presence", from, to, type);
    if (!show.empty()) presence.AddText("show", show);
    process->router.Route(presence);
  }

  edge::v1::Show BobsShow() {
    Await(io, net::Sleep(milliseconds(50)));
    return process->sessions.ShowOf("bob@a.example");
  }

  net::Duration patience = std::chrono::seconds(20);
  boost::asio::io_context io;
  testing::RedisServer redis_server;
  FakeAdmin admin;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<admin::v1::AdminService::StubInterface> stub;
  std::unique_ptr<rules::v1::RulesService::StubInterface> no_rules =
      rules::v1::RulesService::NewStub(
          grpc::CreateChannel("unix:/x", grpc::InsecureChannelCredentials()));
  std::unique_ptr<sender::v1::SenderService::StubInterface> no_sender =
      sender::v1::SenderService::NewStub(
          grpc::CreateChannel("unix:/x", grpc::InsecureChannelCredentials()));
  std::unique_ptr<fetcher::v1::FetcherService::StubInterface> no_fetcher =
      fetcher::v1::FetcherService::NewStub(
          grpc::CreateChannel("unix:/x", grpc::InsecureChannelCredentials()));
  testing::RecordingSink sink;
  std::unique_ptr<Process> process;
};

const char kBobJid[] = "bob@a.example";

admin::v1::Account BobsAccount(const std::string& name) {
  admin::v1::Account account = ImapAccount(kBobJid, name);
  account.set_id(std::string(kBobJid) + "/" + name);
  account.set_enabled(true);
  return account;
}

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
       "presence subscribe gw.example>bob@a.example\npresence  gw.example>bob@a.example\n"},
      {"account", "bob@a.example", "work@gw.example",
       "presence subscribed work@gw.example>bob@a.example\n"
       "presence subscribe work@gw.example>bob@a.example\n"
       "presence  work@gw.example>bob@a.example\n"},
      {"correspondent", "bob@a.example", "ann\\40x.example@gw.example",
       "presence subscribed ann\\40x.example@gw.example>bob@a.example\n"
       "presence  ann\\40x.example@gw.example>bob@a.example\n"},
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
  EXPECT_EQ(Said(), "presence unsubscribed work@gw.example>bob@a.example\n");
  EXPECT_NE(process->directory.Find(kBobJid, "work"), nullptr) << "unsubscribing deletes nothing";
}

TEST_F(PresenceTest, WhoComesOnlineSeesAllContactsAndProbesAreAnswered) {
  admin.Add(BobsAccount("work"));
  Start();
  (void)Said();
  From("bob@a.example/x", "gw.example", "");
  EXPECT_EQ(Said(),
            "presence  gw.example>bob@a.example/x\npresence  work@gw.example>bob@a.example/x\n");
  From("bob@a.example/x", "work@gw.example", "");
  From("bob@a.example/x", "gw.example", "", "away");
  EXPECT_EQ(Said(), "") << "nothing new to show";
  EXPECT_EQ(process->sessions.ShowOf(kBobJid), edge::v1::SHOW_AWAY);
  From("bob@a.example", "work@gw.example", "probe");
  EXPECT_EQ(Said(), "presence  work@gw.example>bob@a.example\n");
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
            "presence  work@gw.example>bob@a.example/x\n"
            "message chat work@gw.example>bob@a.example\n");
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_CHECKING);
  process->directory.Apply(account);
  account.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
  (void)Said();
  process->directory.Apply(account);
  EXPECT_EQ(Said(), "presence  work@gw.example>bob@a.example/x\n") << "not told again";
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
            "presence unavailable home@gw.example>bob@a.example\n");
  sink.up = false;  // nothing is forgotten while the link is down
  process->directory.Forget("bob@a.example/work");
  EXPECT_EQ(Said(), "");
  sink.up = true;
  Await(io, net::Sleep(milliseconds(1000)));
  EXPECT_EQ(Said(),
            "presence unsubscribe work@gw.example>bob@a.example\n"
            "presence unsubscribed work@gw.example>bob@a.example\n"
            "presence unavailable work@gw.example>bob@a.example\n"
            "presence unsubscribe gw.example>bob@a.example\n"
            "presence unsubscribed gw.example>bob@a.example\n"
            "presence unavailable gw.example>bob@a.example\n");
}

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
  EXPECT_EQ(Said(),
            "presence  work@gw.example>bob@a.example/x\n"
            "presence probe gw.example>bob@a.example\n");
  // The probe is answered: for the new process this is news, and it shows itself.
  second->router.Route(MakeStanza("presence", "bob@a.example/x", "gw.example"));
  EXPECT_EQ(Said(),
            "presence  gw.example>bob@a.example/x\npresence  work@gw.example>bob@a.example/x\n");
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
            "presence unavailable home@gw.example>bob@a.example\n");
  PresenceContacts left(*process->redis);
  ASSERT_TRUE(Await(io, left.Load()).ok());
  EXPECT_EQ(left.Find("bob@a.example/home"), nullptr);
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

TEST_F(PresenceTest, ACleanStopSaysGoodbye) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  (void)Said();
  EXPECT_TRUE(Await(io, process->feature.SayGoodbye()).ok());
  EXPECT_EQ(sink.Take(),
            "presence unavailable gw.example>bob@a.example/x\n"
            "presence unavailable work@gw.example>bob@a.example/x\n");
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
  Await(io, sessions.DropUnconfirmed(kBobJid));
  EXPECT_EQ(sessions.ShowOf(kBobJid), edge::v1::SHOW_XA);
  Await(io, sessions.SetUnavailable(phone));
  EXPECT_FALSE(sessions.IsAvailable(kBobJid));
  for (int i = 0; i < 100; ++i) {
    const Jid jid = *ParseJid("bob@a.example/" + std::to_string(i));
    (void)Await(io, sessions.SetAvailable(jid, edge::v1::SHOW_XA));
  }
  EXPECT_EQ(sessions.FullJids(kBobJid).size(), 32u);
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
