// Who has which slot, by the real script in the real Redis.

#include "services/fetcher/slot_table.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <ctime>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::fetcher {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Await;

constexpr char kMembers[] = "postern:lease:{fetchers}:members";
constexpr char kMeta[] = "postern:lease:{fetchers}:meta";

TEST(SlotOf, IsTheSameForEver) {
  EXPECT_EQ(SlotOf(""), 961);
  EXPECT_EQ(SlotOf("a"), 192);
  EXPECT_EQ(SlotOf("5f3a9c0de1"), SlotOf(std::string("5f3a9c0de1")));
}

TEST(SlotOf, SpreadsAccountsEvenly) {
  std::vector<int> count(kSlots);
  for (int i = 0; i < 100 * kSlots; ++i) ++count[SlotOf(absl::StrCat("account", i))];
  for (int n : count) {
    EXPECT_GT(n, 50);
    EXPECT_LT(n, 160);
  }
}

class SlotTableTest : public ::testing::Test {
 protected:
  // A member that settles at once.
  SlotTable Join(const std::string& id, const std::string& seat = "",
                 milliseconds settling = milliseconds(0)) {
    SlotTable::Limits limits;
    limits.settling = settling;
    const Member me{id, id + ":7003", seat.empty() ? "seat-of-" + id : seat};
    return SlotTable(*redis_, me, limits);
  }

  SlotTable::View Renew(SlotTable& table, const HeldSlots& released = {}) {
    auto view = Await(io_, table.Renew(released));
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *view : SlotTable::View();
  }

  // All that there is to give and to take is given and taken, and none is told twice.
  void Balance(std::vector<SlotTable*> tables) {
    for (SlotTable* table : tables) Renew(*table);
    for (int round = 0; round < 100; ++round) {
      bool calm = true;
      for (SlotTable* table : tables) {
        table->Forget();
        const SlotTable::View view = Renew(*table);
        if (view.taken > 0) calm = false;
        if (view.excess == 0) continue;
        calm = false;
        HeldSlots some;
        for (const auto& [slot, token] : view.mine) {
          if (some.size() < view.excess && some.size() < 50) some[slot] = token;
        }
        Renew(*table, some);
      }
      if (calm) return;
    }
    ADD_FAILURE() << "it never comes to rest";
  }

  HeldSlots Mine(SlotTable& table) {
    table.Forget();
    return Renew(table).mine;
  }

  void Run(std::vector<std::string> command) {
    ASSERT_TRUE(Await(io_, redis_->Command(std::move(command))).ok());
  }
  std::string Record(const std::string& id) {
    auto reply = Await(io_, redis_->Command({"HGET", kMembers, id}));
    EXPECT_TRUE(reply.ok());
    return reply->text;
  }
  // As if the member had last been heard long ago.
  void Expire(const std::string& id) {
    Run({"HSET", kMembers, id, absl::StrCat("1000 0 seat-of-", id, " ", id, ":7003")});
  }

  testing::RedisServer server_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> redis_ =
      *store::RedisClient::Create(io_.get_executor(), server_.url());
};

TEST_F(SlotTableTest, GivesAllSlotsToTheOnlyMemberAtOnce) {
  SlotTable table = Join("one", "", seconds(60));
  const SlotTable::View view = Renew(table);
  EXPECT_EQ(view.mine.size(), kSlots);
  EXPECT_EQ(view.taken, kSlots);
  EXPECT_EQ(view.excess, 0u);
  ASSERT_EQ(view.members.size(), 1u);
  EXPECT_EQ(view.members[0].address, "one:7003");
}

TEST_F(SlotTableTest, TellsNothingWhenNothingChanged) {
  SlotTable table = Join("one");
  EXPECT_TRUE(Renew(table).changed);
  EXPECT_FALSE(Renew(table).changed);
  table.Forget();
  const SlotTable::View again = Renew(table);
  EXPECT_TRUE(again.changed);
  EXPECT_EQ(again.mine.size(), kSlots);
  EXPECT_EQ(again.taken, 0u);
}

TEST_F(SlotTableTest, WritesTheLeaseDownNowAndThen) {
  SlotTable table = Join("one");
  Renew(table);
  const std::string written = Record("one");
  Renew(table);
  EXPECT_EQ(Record("one"), written);
  // As three seconds later.
  const int64_t expiry = std::stoll(written) - 3000;
  const std::string older = absl::StrCat(expiry, written.substr(written.find(' ')));
  Run({"HSET", kMembers, "one", older});
  EXPECT_FALSE(Renew(table).changed);
  EXPECT_NE(Record("one"), older);
  EXPECT_GE(std::stoll(Record("one")), std::stoll(written));
}

TEST_F(SlotTableTest, LetsAMemberSettleBeforeOthersGiveUpSlotsForIt) {
  SlotTable one = Join("one"), two = Join("two", "", seconds(60));
  Renew(one);
  EXPECT_EQ(Renew(two).taken, 0u);
  const SlotTable::View view = Renew(one);
  EXPECT_TRUE(view.changed);
  EXPECT_EQ(view.members.size(), 2u) << "it is to be told the passwords";
  EXPECT_EQ(view.excess, 0u);
  SlotTable settled = Join("two");
  EXPECT_EQ(Renew(settled).taken, 0u);
  EXPECT_EQ(Renew(one).excess, kSlots / 2);
}

TEST_F(SlotTableTest, MovesOnlyWhatMustMove) {
  SlotTable one = Join("one"), two = Join("two"), three = Join("three");
  Renew(one);
  Balance({&one, &two, &three});
  const HeldSlots of_one = Mine(one), of_two = Mine(two), of_three = Mine(three);
  std::multiset<size_t> shares = {of_one.size(), of_two.size(), of_three.size()};
  EXPECT_EQ(shares, (std::multiset<size_t>{341, 341, 342}));
  HeldSlots all = of_one;
  all.insert(of_two.begin(), of_two.end());
  all.insert(of_three.begin(), of_three.end());
  EXPECT_EQ(all.size(), kSlots) << "each has one owner";

  ASSERT_TRUE(Await(io_, three.Leave()).ok());
  Balance({&one, &two});
  const HeldSlots after_one = Mine(one), after_two = Mine(two);
  EXPECT_EQ(after_one.size(), kSlots / 2);
  for (const auto& held : of_one)
    EXPECT_EQ(after_one.count(held.first), 1u) << "it was not touched";
  for (const auto& [slot, token] : of_two) EXPECT_EQ(after_two.at(slot), token);

  ASSERT_TRUE(Await(io_, two.Leave()).ok());
  Balance({&one});
  const HeldSlots alone = Mine(one);
  EXPECT_EQ(alone.size(), kSlots);
  for (const auto& [slot, token] : after_one) EXPECT_EQ(alone.at(slot), token);
}

TEST_F(SlotTableTest, TakesTheSlotsOfAMemberWhoseLeaseRanOut) {
  SlotTable one = Join("one"), two = Join("two");
  Renew(one);
  Balance({&one, &two});
  const HeldSlots before = Mine(two);
  Expire("one");
  const SlotTable::View view = Renew(two);
  EXPECT_EQ(view.mine.size(), kSlots);
  EXPECT_EQ(view.members.size(), 1u);
  for (const auto& [slot, token] : view.mine) {
    const auto had = before.find(slot);
    if (had != before.end()) {
      EXPECT_EQ(token, had->second);
    } else {
      EXPECT_GT(token, before.begin()->second);
    }
  }
  // The zombie learns that it has nothing, and is a new member.
  const SlotTable::View zombie = Renew(one);
  EXPECT_TRUE(zombie.changed);
  EXPECT_TRUE(zombie.mine.empty());
}

TEST_F(SlotTableTest, FreesNothingThatIsAnothersByNow) {
  SlotTable one = Join("one"), two = Join("two");
  const HeldSlots stale = Renew(one).mine;
  Expire("one");
  EXPECT_EQ(Renew(two).mine.size(), kSlots);
  EXPECT_TRUE(Renew(one, stale).mine.empty());
  EXPECT_EQ(Mine(two).size(), kSlots);
}

TEST_F(SlotTableTest, NeedNotWaitForOneWhoseSeatIsTaken) {
  SlotTable dead = Join("dead", "the-seat");
  const uint64_t token = Renew(dead).mine.begin()->second;
  SlotTable born_again = Join("born-again", "the-seat", seconds(60));
  const SlotTable::View view = Renew(born_again);
  EXPECT_EQ(view.mine.size(), kSlots);
  EXPECT_GT(view.mine.begin()->second, token);
  EXPECT_EQ(view.members.size(), 1u);
}

TEST_F(SlotTableTest, DropsNobodyBecauseRedisWasAway) {
  SlotTable one = Join("one"), two = Join("two");
  Renew(one);
  Balance({&one, &two});
  Expire("one");
  Expire("two");
  Run({"HSET", kMeta, "seen", "1000"});
  Renew(two);
  EXPECT_EQ(Mine(two).size(), kSlots / 2);
  EXPECT_EQ(Mine(one).size(), kSlots / 2);
}

TEST_F(SlotTableTest, WaitsForNobodyWhenANewMemberFindsAllDead) {
  SlotTable one = Join("one"), two = Join("two", "", seconds(60));
  Renew(one);
  Expire("one");
  Run({"HSET", kMeta, "seen", "1000"});
  EXPECT_EQ(Renew(two).mine.size(), kSlots);
}

// The lease of a dead member must not last an hour for that.
TEST_F(SlotTableTest, BelievesNoLeaseFromBeforeTheClockWasPutBack) {
  SlotTable one = Join("one"), two = Join("two");
  Renew(one);
  Balance({&one, &two});
  const int64_t now = int64_t{std::time(nullptr)} * 1000;
  const int64_t hour = 3'600'000, most = now + 13'000;
  for (const char* id : {"one", "two"}) {
    const std::string ahead = absl::StrCat(now + hour, " 0 seat-of-", id, " ", id, ":7003");
    Run({"HSET", kMembers, id, ahead});
  }
  Run({"HSET", kMeta, "seen", absl::StrCat(now + hour)});
  Renew(two);
  EXPECT_LE(std::stoll(Record("one")), most);
  EXPECT_GT(std::stoll(Record("one")), now) << "it may well be alive";
  EXPECT_LE(std::stoll(Record("two")), most) << "its own";
  EXPECT_EQ(Mine(one).size(), kSlots / 2);
}

TEST_F(SlotTableTest, SettlesThoughTheClockWasPutBack) {
  SlotTable one = Join("one"), two = Join("two", "", milliseconds(1));
  Renew(one);
  Renew(two);
  const int64_t ahead = (int64_t{std::time(nullptr)} + 3600) * 1000;
  Run({"HSET", kMembers, "two", absl::StrCat(ahead, " ", ahead, " seat-of-two two:7003")});
  Renew(two);
  EXPECT_LT(std::stoll(std::vector<std::string>(absl::StrSplit(Record("two"), ' ')).at(1)), ahead);
}

TEST_F(SlotTableTest, GivesTokensAboveAllThatWereGivenBefore) {
  SlotTable one = Join("one");
  HeldSlots held = Renew(one).mine;
  const uint64_t first = held.begin()->second;
  // The scheme before this one took the time in ms.
  EXPECT_GE(first + 1000, static_cast<uint64_t>(std::time(nullptr)) * 1000);
  uint64_t last = first;
  for (int i = 0; i < 50; ++i) {
    const HeldSlots slot = {{7, held.at(7)}};
    held = Renew(one, slot).mine;
    EXPECT_GT(held.at(7), last);
    last = held.at(7);
  }
  // A clock that was put back.
  Run({"HSET", kMeta, "token", "9000000000000"});
  const HeldSlots slot = {{7, held.at(7)}};
  EXPECT_EQ(Renew(one, slot).mine.at(7), 9000000000001u);
}

TEST_F(SlotTableTest, BeginsAnewWhenRedisLostAll) {
  SlotTable one = Join("one");
  const uint64_t before = Renew(one).mine.begin()->second;
  Run({"FLUSHALL"});
  const SlotTable::View view = Renew(one);
  EXPECT_EQ(view.taken, kSlots);
  EXPECT_GT(view.mine.begin()->second, before);
}

TEST_F(SlotTableTest, NamesTheOwnerOfASlot) {
  SlotTable one = Join("one");
  EXPECT_EQ(*Await(io_, one.OwnerOf(5)), "");
  Renew(one);
  EXPECT_EQ(*Await(io_, one.OwnerOf(5)), "one");
  ASSERT_TRUE(Await(io_, one.Leave()).ok());
  EXPECT_EQ(*Await(io_, one.OwnerOf(5)), "");
}

}  // namespace
}  // namespace postern::fetcher
