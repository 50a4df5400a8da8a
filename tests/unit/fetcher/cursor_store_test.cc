#include "services/fetcher/cursor_store.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <csignal>

#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::fetcher {
namespace {

using testing::Await;

class CursorStoreTest : public ::testing::Test {
 protected:
  // Under a token higher than any before.
  Lease MustTake(CursorStore& store) {
    auto lease = Await(io_, store.Take("acc", ++token_));
    EXPECT_TRUE(lease.ok()) << lease.status();
    return *lease;
  }

  testing::RedisServer server_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> redis_ =
      *store::RedisClient::Create(io_.get_executor(), server_.url());
  CursorStore one_{*redis_}, two_{*redis_};
  uint64_t token_ = 100;
};

TEST_F(CursorStoreTest, TakesUnderNoLowerTokenThanBefore) {
  EXPECT_EQ(MustTake(one_).token, 101u);
  EXPECT_TRUE(Await(io_, one_.Take("acc", 101)).ok()) << "its own watcher starts anew";
  EXPECT_EQ(Await(io_, two_.Take("acc", 100)).status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(Await(io_, two_.Take("another", 100)).ok());
}

// 1.7e12 is beyond 32 bits, and "9" is no more than "10".
TEST_F(CursorStoreTest, ComparesTokensAsNumbers) {
  EXPECT_TRUE(Await(io_, one_.Take("acc", 9)).ok());
  EXPECT_TRUE(Await(io_, one_.Take("acc", 10)).ok());
  EXPECT_TRUE(Await(io_, one_.Take("acc", 1'763'800'000'001)).ok());
  EXPECT_EQ(Await(io_, one_.Take("acc", 1'763'800'000'000)).status().code(),
            absl::StatusCode::kAborted);
}

TEST_F(CursorStoreTest, WritesNothingWhenItMayNot) {
  bool may_write = true;
  CursorStore store(*redis_, [&] { return may_write; });
  const Lease lease = MustTake(store);
  const Cursor early{7, 1, "work"}, late{7, 2, "work"};
  const KnownMails known{"work", 100, {1}};
  ASSERT_TRUE(Await(io_, store.Advance(lease, early)).ok());
  may_write = false;
  EXPECT_EQ(Await(io_, store.Advance(lease, late)).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Await(io_, store.SetKnown(lease, known)).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(MustTake(two_).cursor, early);
  EXPECT_FALSE(Await(io_, two_.ReadKnown("acc"))->has_value());
}

TEST_F(CursorStoreTest, KeepsTheCursorFromHolderToHolder) {
  const Lease first = MustTake(one_);
  EXPECT_FALSE(first.cursor.has_value());
  const Cursor cursor{7, 42, "work"};
  ASSERT_TRUE(Await(io_, one_.Advance(first, cursor)).ok());
  EXPECT_EQ(MustTake(two_).cursor, cursor);
}

TEST_F(CursorStoreTest, RefusesTheCursorOfAZombie) {
  const Lease zombie = MustTake(one_);
  const Lease holder = MustTake(two_);
  const Cursor stale{7, 99, "work"}, fresh{7, 10, "work"};
  EXPECT_EQ(Await(io_, one_.Advance(zombie, stale)).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(Await(io_, two_.Advance(holder, fresh)).ok());
}

TEST_F(CursorStoreTest, NeverMovesBackUnderOneUidValidity) {
  const Lease lease = MustTake(one_);
  const Cursor ahead{7, 42, "work"}, behind{7, 41, "work"}, renumbered{8, 3, "work"};
  ASSERT_TRUE(Await(io_, one_.Advance(lease, ahead)).ok());
  ASSERT_TRUE(Await(io_, one_.Advance(lease, behind)).ok());
  EXPECT_EQ(MustTake(one_).cursor, ahead);
  const Lease again = MustTake(one_);
  ASSERT_TRUE(Await(io_, one_.Advance(again, renumbered)).ok());
  EXPECT_EQ(MustTake(one_).cursor, renumbered);
}

TEST_F(CursorStoreTest, BeginsAnewInAnotherMailbox) {
  const Lease lease = MustTake(one_);
  const Cursor work{1, 5000, "work"}, home{1, 3, "home"};
  ASSERT_TRUE(Await(io_, one_.Advance(lease, work)).ok());
  EXPECT_EQ(MustTake(one_).cursor, work);
  const Lease again = MustTake(one_);
  ASSERT_TRUE(Await(io_, one_.Advance(again, home)).ok());
  EXPECT_EQ(MustTake(one_).cursor, home);
}

TEST_F(CursorStoreTest, ForgetsAnAccountThatIsGone) {
  const Lease lease = MustTake(one_);
  const Cursor cursor{7, 42, "work"};
  ASSERT_TRUE(Await(io_, one_.Advance(lease, cursor)).ok());
  ASSERT_TRUE(Await(io_, one_.Forget("acc")).ok());
  EXPECT_EQ(Await(io_, one_.Advance(lease, cursor)).code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(MustTake(two_).cursor.has_value());
}

TEST_F(CursorStoreTest, KeepsTheCursorThroughAKilledRedis) {
  const Cursor cursor{7, 42, "work"};
  const Lease lease = MustTake(one_);
  ASSERT_TRUE(Await(io_, one_.Advance(lease, cursor)).ok());
  std::signal(SIGPIPE, SIG_IGN);  // as every Postern process does
  server_.Kill();
  EXPECT_EQ(Await(io_, one_.Advance(lease, cursor)).code(), absl::StatusCode::kUnavailable);
  server_.Restart();
  auto redis = *store::RedisClient::Create(io_.get_executor(), server_.url());
  CursorStore store(*redis);
  EXPECT_EQ(MustTake(store).cursor, cursor);
}

TEST_F(CursorStoreTest, KnowsThePop3MailsItWasTold) {
  EXPECT_FALSE(Await(io_, one_.ReadKnown("acc"))->has_value());
  const Lease lease = MustTake(one_);
  const KnownMails first{"work", 100, {3, 1}};
  const KnownMails newer{"work", 300, {uint64_t{1} << 63, 0}}, older{"work", 200, {9}};
  ASSERT_TRUE(Await(io_, one_.SetKnown(lease, first)).ok());
  EXPECT_EQ(**Await(io_, one_.ReadKnown("acc")), first);
  ASSERT_TRUE(Await(io_, one_.AddKnown(lease, newer)).ok());
  ASSERT_TRUE(Await(io_, one_.AddKnown(lease, older)).ok());
  const KnownMails all{"work", 300, {3, 1, uint64_t{1} << 63, 0, 9}};
  EXPECT_EQ(**Await(io_, two_.ReadKnown("acc")), all);
  const KnownMails none{"home", 400, {}};
  ASSERT_TRUE(Await(io_, one_.SetKnown(lease, none)).ok());
  EXPECT_EQ(**Await(io_, one_.ReadKnown("acc")), none) << "an empty mailbox was seen as well";
}

TEST_F(CursorStoreTest, WritesNoKnownMailsForAZombieOrAnotherMailbox) {
  const Lease zombie = MustTake(one_);
  const KnownMails known{"work", 100, {1}}, elsewhere{"home", 100, {2}};
  ASSERT_TRUE(Await(io_, one_.SetKnown(zombie, known)).ok());
  EXPECT_EQ(Await(io_, one_.AddKnown(zombie, elsewhere)).code(), absl::StatusCode::kAborted);
  MustTake(two_);
  EXPECT_EQ(Await(io_, one_.SetKnown(zombie, elsewhere)).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Await(io_, one_.AddKnown(zombie, known)).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(**Await(io_, two_.ReadKnown("acc")), known);
  ASSERT_TRUE(Await(io_, two_.Forget("acc")).ok());
  EXPECT_FALSE(Await(io_, two_.ReadKnown("acc"))->has_value());
}

}  // namespace
}  // namespace postern::fetcher
