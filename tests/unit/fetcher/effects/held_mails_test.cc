// Mails that rules put off: how they are noted, when they are due, and what is lost.

#include "services/fetcher/effects/held_mails.h"

#include <gtest/gtest.h>

#include <ctime>

#include "services/fetcher/effects/filing_log.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::fetcher {
namespace {

HeldMail Held(const std::string& id, uint32_t uid, int64_t due) {
  HeldMail mail;
  mail.place = "box:7";
  mail.delivery_id = id;
  mail.facts.uid = uid;
  mail.facts.size = 100 + uid;
  mail.facts.received_unix = 1000 + uid;
  mail.due_unix = due;
  return mail;
}

TEST(HeldMail, IsReadAsItWasWritten) {
  HeldMail mail = Held("d1", 5, 99);
  mail.facts.key = 1ull << 63;
  mail.headers_only = mail.urgent = mail.digest = true;
  mail.to_owner = false;
  mail.others = {"bob@x.org", "o d,d@y"};
  mail.edits = std::string("\0\n ", 3);
  const auto again = ReadHeld(WriteHeld(mail));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(WriteHeld(*again), WriteHeld(mail));
  EXPECT_EQ(again->facts, mail.facts);
  EXPECT_EQ(again->others, mail.others);
  EXPECT_EQ(again->edits, mail.edits);
  EXPECT_TRUE(again->headers_only && again->urgent && again->digest && !again->to_owner);
  for (const char* bad : {"", "1", "2 a b 1 2 3 4 5 f -o-  ", "1 a b x 2 3 4 5 f -o-  "}) {
    EXPECT_FALSE(ReadHeld(bad).has_value()) << bad;
  }
}

struct HeldMailsTest : ::testing::Test {
  HeldMailsTest() {
    auto created = store::RedisClient::Create(io_.get_executor(), server_.url());
    EXPECT_TRUE(created.ok()) << created.status();
    redis_ = *std::move(created);
    cursors_.emplace(*redis_);
    lease_ = Take(10);
  }
  Lease Take(uint64_t token) {
    const std::string id = "acc";
    auto lease = testing::Await(io_, cursors_->Take(id, token));
    EXPECT_TRUE(lease.ok()) << lease.status();
    return *lease;
  }
  absl::Status Add(HeldMails& held, std::vector<HeldMail> mails) {
    return testing::Await(io_, held.Add(lease_, std::move(mails)));
  }

  boost::asio::io_context io_;
  testing::RedisServer server_;
  std::unique_ptr<store::RedisClient> redis_;
  std::optional<CursorStore> cursors_;
  Lease lease_;
};

TEST_F(HeldMailsTest, AreThereAfterARestartAndTellWhatIsDue) {
  EXPECT_FALSE(lease_.has_held);
  {
    HeldMails held(redis_.get());
    ASSERT_TRUE(testing::Await(io_, held.Load(lease_, false)).ok());
    ASSERT_TRUE(Add(held, {Held("b", 2, 50), Held("a", 1, 0), Held("c", 3, 90)}).ok());
  }
  lease_ = Take(11);
  EXPECT_TRUE(lease_.has_held);
  HeldMails held(redis_.get());
  ASSERT_TRUE(testing::Await(io_, held.Load(lease_, lease_.has_held)).ok());
  const auto due = held.Due("box:7", 60);
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].delivery_id, "a") << "the oldest first";
  EXPECT_EQ(held.NextDue("box:7", 60), 90);
  EXPECT_EQ(held.NextDue("other:7", 60), 0);
  EXPECT_EQ(held.Lost("box:8").size(), 3u);
  EXPECT_TRUE(held.Lost("other:8").empty());
  ASSERT_TRUE(testing::Await(io_, held.Remove(lease_, {"a", "b", "c"})).ok());
  EXPECT_TRUE(held.empty());
  EXPECT_FALSE(Take(12).has_held);
}

TEST_F(HeldMailsTest, AreNobodysWhoHasLostTheAccount) {
  HeldMails held(redis_.get());
  ASSERT_TRUE(testing::Await(io_, held.Load(lease_, false)).ok());
  Take(99);
  EXPECT_EQ(Add(held, {Held("a", 1, 0)}).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(held.empty());
}

TEST_F(HeldMailsTest, GoWithTheirAccount) {
  HeldMails held(redis_.get());
  ASSERT_TRUE(testing::Await(io_, held.Load(lease_, false)).ok());
  ASSERT_TRUE(Add(held, {Held("a", 1, 0)}).ok());
  const std::string id = "acc";
  ASSERT_TRUE(testing::Await(io_, cursors_->Forget(id)).ok());
  EXPECT_FALSE(Take(20).has_held);
}

TEST_F(HeldMailsTest, AMailIsBegunOnce) {
  FilingLog log(redis_.get());
  const std::string id = "acc";
  auto first = testing::Await(io_, log.Begin(id, {"a", "b"}));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->empty());
  auto again = testing::Await(io_, log.Begin(id, {"b", "c"}));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, (absl::flat_hash_set<std::string>{"b"}));
}

}  // namespace
}  // namespace postern::fetcher
