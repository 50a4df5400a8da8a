// Several fetchers in one process share the slots of one real Redis.

#include "services/fetcher/ownership.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/fetcher/cursor_store.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::fetcher {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Await;

class OwnershipTest : public ::testing::Test {
 protected:
  struct Replica {
    Replica(boost::asio::io_context& io, const std::string& url, const std::string& id)
        : redis(*store::RedisClient::Create(io.get_executor(), url)),
          ownership(io.get_executor(), *redis, Member{id, id + ":7003", "seat-of-" + id},
                    Ownership::Hooks{[this](const HeldSlots& slots) { held = slots; },
                                     [this](Slot slot) { return in_use.contains(slot); },
                                     [this](const std::vector<Member>& now) { others = now; }},
                    Quick(), [this] { return Ownership::Clock::now() + slept; }) {}

    static Ownership::Timing Quick() {
      Ownership::Timing timing;
      timing.renew_every = milliseconds(5);
      timing.limits.settling = milliseconds(0);
      timing.quiet_limit = milliseconds(300);
      return timing;
    }

    HeldSlots held;
    std::set<Slot> in_use;
    std::vector<Member> others;
    seconds slept{0};  // how far its clock went on while it did nothing
    std::unique_ptr<store::RedisClient> redis;
    Ownership ownership;
  };

  Replica& Start(const std::string& id) {
    replicas_.push_back(std::make_unique<Replica>(io_, server_.url(), id));
    replicas_.back()->ownership.Start();
    return *replicas_.back();
  }

  ~OwnershipTest() override {
    for (auto& replica : replicas_) Await(io_, replica->ownership.Stop());
  }

  bool Until(std::function<bool()> happened, milliseconds limit = seconds(20)) {
    const auto end = Ownership::Clock::now() + limit;
    io_.restart();
    while (Ownership::Clock::now() < end) {
      if (happened()) return true;
      io_.run_one_for(milliseconds(20));
    }
    return happened();
  }

  testing::RedisServer server_;
  boost::asio::io_context io_;
  std::vector<std::unique_ptr<Replica>> replicas_;
};

TEST_F(OwnershipTest, SharesTheSlotsFairlyAmongThree) {
  Replica& one = Start("one");
  EXPECT_NE(one.ownership.NotReadyBecause(), "");
  EXPECT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  EXPECT_EQ(one.ownership.NotReadyBecause(), "");
  Replica& two = Start("two");
  Replica& three = Start("three");
  EXPECT_TRUE(Until([&] {
    return one.held.size() == 342 && two.held.size() == 341 && three.held.size() == 341;
  })) << one.held.size()
      << " " << two.held.size() << " " << three.held.size();
  std::set<Slot> all;
  for (const auto& replica : replicas_) {
    for (const auto& held : replica->held) all.insert(held.first);
  }
  EXPECT_EQ(all.size(), kSlots);
  EXPECT_EQ(one.others.size(), 2u);
}

TEST_F(OwnershipTest, GivesASlotBackOnlyWhenNothingIsWrittenForIt) {
  Replica& one = Start("one");
  ASSERT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  for (Slot slot = 0; slot < kSlots; ++slot) one.in_use.insert(slot);
  Replica& two = Start("two");
  // It lets go of some, and of no more before those are given back.
  ASSERT_TRUE(Until([&] { return one.held.size() < kSlots; }));
  EXPECT_FALSE(Until([&] { return !two.held.empty(); }, milliseconds(200)));
  EXPECT_EQ(one.held.size(), kSlots - Replica::Quick().moves_at_once);
  one.in_use.clear();
  EXPECT_TRUE(Until([&] { return two.held.size() == kSlots / 2; }));
  EXPECT_EQ(one.held.size(), kSlots / 2);
}

TEST_F(OwnershipTest, HandsAllOverWhenItStops) {
  Replica& one = Start("one");
  ASSERT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  Replica& two = Start("two");
  ASSERT_TRUE(Until([&] { return two.held.size() == kSlots / 2; }));
  Await(io_, one.ownership.Stop());
  EXPECT_TRUE(one.held.empty());
  EXPECT_TRUE(Until([&] { return two.held.size() == kSlots; }));
  EXPECT_TRUE(two.others.empty());
  one.ownership.Start();
  EXPECT_FALSE(Until([&] { return !one.held.empty(); }, milliseconds(100))) << "it has stopped";
}

// What never falls quiet must not keep all the others.
TEST_F(OwnershipTest, StopsThoughSomethingWritesOn) {
  Replica& one = Start("one");
  ASSERT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  one.in_use.insert(5);
  Await(io_, one.ownership.Stop());
  Replica& two = Start("two");
  EXPECT_TRUE(Until([&] { return two.held.size() == kSlots; }));
}

TEST_F(OwnershipTest, FencesItselfWhenItStoodStill) {
  Replica& one = Start("one");
  ASSERT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  CursorStore cursors(*one.redis, [&] { return one.ownership.MayWrite(); });
  auto lease = Await(io_, cursors.Take("acc", one.held.at(SlotOf("acc"))));
  ASSERT_TRUE(lease.ok());
  const Cursor cursor{7, 1, "work"};
  one.slept = seconds(9);
  EXPECT_FALSE(one.ownership.MayWrite()) << "before anything else ran";
  EXPECT_EQ(Await(io_, cursors.Advance(*lease, cursor)).code(), absl::StatusCode::kAborted);
  EXPECT_NE(one.ownership.NotReadyBecause(), "");
}

TEST_F(OwnershipTest, StopsItsWatchersBeforeItTakesThemUpAgain) {
  Replica& one = Start("one");
  ASSERT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  one.slept = seconds(9);
  EXPECT_TRUE(Until([&] { return one.held.empty(); }));
  EXPECT_TRUE(Until([&] { return one.held.size() == kSlots; })) << "nobody else took them";
  EXPECT_TRUE(one.ownership.MayWrite());
}

TEST_F(OwnershipTest, LetsAllGoWhenRedisIsAwayForLong) {
  Replica& one = Start("one");
  ASSERT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  std::signal(SIGPIPE, SIG_IGN);  // as every Postern process does
  server_.Kill();
  EXPECT_FALSE(Until([&] { return one.held.empty(); }, milliseconds(200)));
  one.slept = seconds(9);
  EXPECT_TRUE(Until([&] { return one.held.empty(); }));
  server_.Restart();
  EXPECT_TRUE(Until([&] { return one.held.size() == kSlots; }));
}

TEST_F(OwnershipTest, TakesASlotAnewUnderAHigherToken) {
  Replica& one = Start("one");
  ASSERT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  const uint64_t token = one.held.at(7), other = one.held.at(8);
  one.in_use.insert(7);
  one.ownership.GiveUp(7);
  EXPECT_FALSE(one.held.contains(7));
  one.in_use.clear();
  EXPECT_TRUE(Until([&] { return one.held.contains(7); }));
  EXPECT_GT(one.held.at(7), token);
  EXPECT_EQ(one.held.at(8), other);
}

TEST_F(OwnershipTest, KnowsWhoHasAnAccount) {
  Replica& one = Start("one");
  ASSERT_TRUE(Until([&] { return one.held.size() == kSlots; }));
  Replica& two = Start("two");
  ASSERT_TRUE(Until([&] { return two.held.size() == kSlots / 2; }));
  std::set<std::string> owners;
  for (int i = 0; i < 40; ++i) {
    const std::string id = absl::StrCat("account", i);
    const auto by_one = Await(io_, one.ownership.OwnerOf(id));
    const auto by_two = Await(io_, two.ownership.OwnerOf(id));
    ASSERT_TRUE(by_one.ok() && *by_one && by_two.ok() && *by_two);
    EXPECT_EQ((*by_one)->address, (*by_two)->address);
    EXPECT_EQ((*by_one)->id == "one", one.held.contains(SlotOf(id)));
    owners.insert((*by_one)->id);
  }
  EXPECT_EQ(owners.size(), 2u);
}

}  // namespace
}  // namespace postern::fetcher
