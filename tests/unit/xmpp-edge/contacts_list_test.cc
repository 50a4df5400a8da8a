#include "services/xmpp-edge/contacts_list.h"

#include "tests/unit/xmpp-edge/rule_bench.h"

namespace postern::xmpp_edge {
namespace {

using namespace std::chrono_literals;

class Contacts : public ::testing::Test, public RuleBench {
 protected:
  void SetUp() override {
    Begin();
    list.emplace(bench.context(), 1ms);
    bench.context().tasks.Spawn("contacts", list->Keep());
  }
  void Hear(const char* name, bool there) {
    list->Heard("ann@example.org", {"Name", name, "example.net"}, there);
  }
  bool Calls(int count) {
    return bench.RunUntil([&] {
      const std::lock_guard lock(bench.rules.personal_mutex);
      return bench.rules.list_calls >= count;
    });
  }

  std::optional<ContactsList> list;
};

TEST_F(Contacts, AreToldTogetherAndOnce) {
  Hear("bob", true);
  Hear("eve", true);
  Hear("eve", false);
  ASSERT_TRUE(Calls(1));
  const auto& change = bench.rules.list_changes.front();
  EXPECT_EQ(change.user(), "ann@example.org");
  EXPECT_EQ(change.list(), "contacts");
  ASSERT_EQ(change.add_size(), 1);
  EXPECT_EQ(change.add(0), "bob@example.net");
  ASSERT_EQ(change.remove_size(), 1);
  EXPECT_FALSE(change.replace());
  bench.Settle();  // the answer is there
  Hear("bob", true);
  bench.Settle();
  EXPECT_EQ(bench.rules.list_calls, 1) << "known already";
  Hear("bob", false);
  Hear("bob", true);
  ASSERT_TRUE(Calls(2));
  bench.Settle();
  EXPECT_EQ(bench.rules.list_changes.back().add_size(), 1) << "gone and back at once";
  Hear("bob", false);
  ASSERT_TRUE(Calls(3));
  EXPECT_EQ(bench.rules.list_changes.back().remove_size(), 1);
}

TEST_F(Contacts, AreToldAgainUntilTheyAreTaken) {
  bench.rules.failure = {grpc::StatusCode::UNAVAILABLE, "redis"};
  Hear("bob", true);
  ASSERT_TRUE(Calls(1));
  {
    const std::lock_guard lock(bench.rules.personal_mutex);
    bench.rules.failure = grpc::Status::OK;
  }
  ASSERT_TRUE(bench.RunUntil([&] {
    const std::lock_guard lock(bench.rules.personal_mutex);
    return bench.rules.list_changes.size() == 1;
  }));
}

TEST_F(Contacts, AreThoseOfUsersAlone) {
  list->Heard("stranger@example.com", {"Name", "bob", "example.net"}, true);
  Hear("bob", true);
  ASSERT_TRUE(Calls(1));
  bench.Settle();
  EXPECT_EQ(bench.rules.list_calls, 1);
  EXPECT_EQ(bench.rules.list_changes.front().user(), "ann@example.org");
}

TEST_F(Contacts, WhoGoesAndComesBackIsToldOfAnew) {
  Hear("bob", true);
  ASSERT_TRUE(Calls(1));
  bench.Settle();
  for (const auto& account : bench.context().directory.Of("ann@example.org"))
    bench.context().directory.Forget(account->id());
  bench.context().directory.Apply(ImapAccount("ann@example.org", "again"));
  Hear("bob", true);
  ASSERT_TRUE(Calls(2)) << "the rules service has forgotten them";
}

TEST_F(Contacts, WhatIsRefusedForGoodIsLeft) {
  bench.rules.failure = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"};
  Hear("bob", true);
  ASSERT_TRUE(Calls(1));
  bench.Settle();
  EXPECT_EQ(bench.rules.list_calls, 1);
}

}  // namespace
}  // namespace postern::xmpp_edge
