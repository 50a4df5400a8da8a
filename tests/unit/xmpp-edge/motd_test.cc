#include "services/xmpp-edge/features/motd.h"

#include "tests/unit/xmpp-edge/presence_bench.h"

namespace postern::xmpp_edge {
namespace {

struct MotdTest : PresenceTest {
  void SetMotd(const std::string& text) {
    admin::v1::GetSiteResponse site;
    site.set_motd(text);
    admin.SetSite(site);
  }
  // What was told since the last call: "to: body" a line.
  std::string Told() {
    Await(io, UntilQuiet());
    std::string told;
    for (const Element& stanza : std::exchange(sink.sent, {})) {
      if (stanza.name != "message") continue;
      EXPECT_EQ(stanza.Attr("from"), "gw.example");
      EXPECT_NE(stanza.Attr("id"), "");
      told += std::string(stanza.Attr("to")) + ": " + stanza.ChildText("body") + "\n";
    }
    return told;
  }
};

TEST_F(MotdTest, IsToldOnceToWhoComes) {
  SetMotd("Mail rests <on> Sunday");
  admin.Add(BobsAccount("work"));
  Start();
  EXPECT_EQ(Told(), "") << "nobody is there";
  From("eve@a.example/x", "gw.example", "");
  EXPECT_EQ(Told(), "") << "without an account";
  From("bob@a.example/x", "gw.example", "");
  EXPECT_EQ(Told(), "bob@a.example: Mail rests <on> Sunday\n");
  From("bob@a.example/y", "gw.example", "");
  From("bob@a.example/x", "gw.example", "unavailable");
  From("bob@a.example/x", "gw.example", "");
  EXPECT_EQ(Told(), "");

  Process next(*this);
  while (!next.feature.ready()) Await(io, net::Sleep(milliseconds(20)));
  next.router.Route(MakeStanza("presence", "bob@a.example/x", "gw.example"));
  EXPECT_EQ(Told(), "") << "a restart knows whom it was told";
  Await(io, next.tasks.Stop());
}

TEST_F(MotdTest, AChangedOneIsToldAgainAndNoneIsSilence) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example", "");
  EXPECT_EQ(Told(), "");
  const struct {
    const char *motd, *told;
  } steps[] = {
      {"one", "bob@a.example: one\n"}, {"two", "bob@a.example: two\n"}, {"", ""}, {"two", ""}};
  for (const auto& step : steps) {
    SCOPED_TRACE(step.motd);
    SetMotd(step.motd);
    EXPECT_EQ(Told(), step.told);
  }
}

TEST_F(MotdTest, WhoCannotBeToldHoldsUpNobody) {
  SetMotd("one");
  const std::string spoilt[] = {"a@a.example", "b@a.example", "c@a.example"};
  for (const std::string& user : spoilt) {
    admin::v1::Account account = BobsAccount("work");
    account.set_owner(user);
    account.set_id(user + "/work");
    admin.Add(account);
  }
  admin.Add(BobsAccount("work"));
  Start();
  for (const std::string& user : spoilt) {
    // What they were told can't be read.
    std::vector<std::string> spoil = {"RPUSH", "postern:session:motd:{" + user + "}", "x"};
    ASSERT_TRUE(Await(io, process->redis->Command(std::move(spoil))).ok());
    From(user + "/x", "gw.example", "");
  }
  From("bob@a.example/x", "gw.example", "");
  Await(io, net::Sleep(milliseconds(3500)));
  EXPECT_EQ(Told(), "bob@a.example: one\n");
}

TEST_F(MotdTest, IsNotLostWhileTheServerIsAway) {
  SetMotd("one");
  admin.Add(BobsAccount("work"));
  Start();
  sink.barrier_works = false;
  From("bob@a.example/x", "gw.example", "");
  const std::string first = Told();
  EXPECT_EQ(first, "bob@a.example: one\n");
  sink.barrier_works = true;
  Await(io, net::Sleep(milliseconds(1200)));
  EXPECT_EQ(Told(), first) << "nobody knows whether it has arrived";
  Await(io, net::Sleep(milliseconds(1200)));
  EXPECT_EQ(Told(), "");
}

}  // namespace
}  // namespace postern::xmpp_edge
