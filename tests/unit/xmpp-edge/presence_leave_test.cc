// Mobile clients come and go: who loses the last resource counts as before for a while.
#include "services/xmpp-edge/availability.h"
#include "tests/unit/xmpp-edge/presence_bench.h"

namespace postern::xmpp_edge {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

struct LeaveTest : PresenceTest {
  // Bob with one account, online; `heard` counts what listeners hear from then on.
  void StartWithBob(net::Duration leave) {
    offline_after = leave;
    admin.Add(BobsAccount("work"));
    Start();
    From("bob@a.example/x", "gw.example", "");
    From("bob@a.example/x", "work@gw.example", "");
    (void)Said();
    process->sessions.Listen([this](const std::string&, const PresenceSession& session) {
      ++heard;
      last_heard = session;
    });
  }
  bool BobGoesOffline(Process& of) {
    for (int i = 0; i < 500 && of.sessions.IsAvailable(kBobJid); ++i) {
      Await(io, net::Sleep(milliseconds(20)));
    }
    return !of.sessions.IsAvailable(kBobJid);
  }
  int64_t BobsSince() { return process->sessions.Of(kBobJid).since_unix_ms; }
  bool RedisKnowsBob() {
    std::vector<std::string> command = {"EXISTS", "postern:session:{bob@a.example}"};
    return Await(io, process->redis->Command(std::move(command)))->integer == 1;
  }
  // True when that comes to be within 10 s.
  bool RedisForgetsBob() {
    for (int i = 0; i < 500 && RedisKnowsBob(); ++i) Await(io, net::Sleep(milliseconds(20)));
    return !RedisKnowsBob();
  }

  int heard = 0;
  PresenceSession last_heard;
};

TEST_F(LeaveTest, WhoComesBackInTimeWasNeverAway) {
  StartWithBob(hours(1));
  const int64_t since = BobsSince();
  for (int flap = 0; flap < 3; ++flap) {
    From("bob@a.example/x", "gw.example", "unavailable");
    From("bob@a.example/x", "work@gw.example", "unavailable");
    EXPECT_EQ(BobsShow(), edge::v1::SHOW_ONLINE);
    EXPECT_TRUE(process->sessions.FullJids(kBobJid).empty())
        << "nobody is there to be shown a thing";
    From("bob@a.example/x", "gw.example", "");
    EXPECT_EQ(BobsShow(), edge::v1::SHOW_ONLINE);
  }
  EXPECT_EQ(heard, 0);
  EXPECT_EQ(BobsSince(), since);
  From("bob@a.example/x", "gw.example", "unavailable");
  From("bob@a.example/y", "gw.example", "", "away");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_AWAY) << "back as something else";
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(BobsSince(), since);
}

TEST_F(LeaveTest, WhoStaysAwayGoesOfflineAndIsForgotten) {
  StartWithBob(milliseconds(100));
  From("bob@a.example/x", "gw.example", "unavailable");
  EXPECT_TRUE(BobGoesOffline(*process));
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(last_heard.Show(), edge::v1::SHOW_OFFLINE);
  EXPECT_EQ(last_heard.since_unix_ms, 0);
  EXPECT_TRUE(RedisForgetsBob());
  EXPECT_TRUE(process->sessions.all().empty());
}

TEST_F(LeaveTest, OnlyTheLastResourceIsWaitedFor) {
  StartWithBob(hours(1));
  From("bob@a.example/y", "gw.example", "", "away");
  From("bob@a.example/x", "gw.example", "unavailable");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_AWAY);
  From("bob@a.example/y", "gw.example", "unavailable");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_AWAY) << "as they were last";
}

TEST_F(LeaveTest, ARestartInBetweenLosesNothing) {
  StartWithBob(hours(1));
  const int64_t since = BobsSince();
  From("bob@a.example/x", "gw.example", "unavailable");
  (void)Said();
  const struct {
    const char* name;
    net::Duration offline_after;
    bool ends;
  } cases[] = {{"waits on", hours(1), false},
               {"its time is over", milliseconds(50), true},
               {"known no more", hours(1), true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    offline_after = c.offline_after;
    Process next(*this);
    while (!next.feature.ready()) Await(io, net::Sleep(milliseconds(20)));
    if (!c.ends) {
      EXPECT_EQ(next.sessions.ShowOf(kBobJid), edge::v1::SHOW_ONLINE);
      EXPECT_EQ(next.sessions.Of(kBobJid).since_unix_ms, since);
      EXPECT_TRUE(next.sessions.FullJids(kBobJid).empty());
    } else {
      EXPECT_TRUE(BobGoesOffline(next));
      EXPECT_TRUE(RedisForgetsBob());
    }
    Await(io, next.tasks.Stop());
  }
}

TEST_F(LeaveTest, AProcessThatDoesNotWaitEndsTheLeavesOfItsFormer) {
  StartWithBob(hours(1));
  From("bob@a.example/x", "gw.example", "unavailable");
  (void)Said();
  offline_after = {};
  Process next(*this);
  while (!next.feature.ready()) Await(io, net::Sleep(milliseconds(20)));
  EXPECT_FALSE(next.sessions.IsAvailable(kBobJid));
  EXPECT_TRUE(RedisForgetsBob());
  Await(io, next.tasks.Stop());
}

TEST_F(LeaveTest, WhoGoesForGoodIsGoneAtOnce) {
  StartWithBob(hours(1));
  const struct {
    const char* name;
    std::vector<std::array<const char*, 3>> presences;
    edge::v1::Show show;
  } cases[] = {
      {"an account's contact is declined, the gateway is told on",
       {{"bob@a.example", "work@gw.example", "unsubscribed"}},
       edge::v1::SHOW_ONLINE},
      {"the gateway is declined",
       {{"bob@a.example", "gw.example", "unsubscribed"}},
       edge::v1::SHOW_OFFLINE},
      {"the gateway leaves the roster",
       {{"bob@a.example/x", "gw.example", "unavailable"},
        {"bob@a.example", "gw.example", "unsubscribed"}},
       edge::v1::SHOW_OFFLINE},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    From("bob@a.example/x", "gw.example", "");
    (void)BobsShow();
    for (const auto& [from, to, type] : c.presences) From(from, to, type);
    EXPECT_EQ(BobsShow(), c.show);
  }
  From("bob@a.example/x", "gw.example", "");
  From("bob@a.example/x", "gw.example", "unavailable");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_ONLINE);
  process->directory.Forget("bob@a.example/work");
  (void)Said();
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_OFFLINE) << "no account, no session";
}

TEST_F(LeaveTest, AProbeThatIsDeclinedEndsNoLeave) {
  StartWithBob(hours(1));
  From("bob@a.example/x", "gw.example", "unavailable");
  (void)Said();
  process->feature.LinkCameUp();
  (void)Said();
  From("bob@a.example", "gw.example", "unsubscribed");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_ONLINE) << "the accounts may know more";
}

TEST_F(LeaveTest, WhoseServerIsSilentIsGivenTheSameTime) {
  patience = milliseconds(50);
  StartWithBob(hours(1));
  process->feature.LinkCameUp();
  Await(io, net::Sleep(milliseconds(500)));
  EXPECT_TRUE(process->sessions.FullJids(kBobJid).empty());
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_ONLINE);
  EXPECT_EQ(heard, 0);
}

TEST_F(LeaveTest, LeavesEndWhileRedisIsAway) {
  StartWithBob(milliseconds(100));
  redis_server.Kill();
  From("bob@a.example/x", "gw.example", "unavailable");
  EXPECT_TRUE(BobGoesOffline(*process));
  redis_server.Restart();
  EXPECT_TRUE(RedisForgetsBob()) << "told later";
}

}  // namespace
}  // namespace postern::xmpp_edge
