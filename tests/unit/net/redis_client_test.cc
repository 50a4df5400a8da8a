#include "lib/store/redis_client.h"

#include <gtest/gtest.h>

#include "lib/net/task_group.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::store {
namespace {

using testing::Await;

class RedisClientTest : public ::testing::Test {
 protected:
  absl::StatusOr<Reply> Do(std::vector<std::string> args) {
    return Await(io_, client_->Command(std::move(args)));
  }

  testing::RedisServer server_;
  boost::asio::io_context io_;
  std::unique_ptr<RedisClient> client_ = *RedisClient::Create(io_.get_executor(), server_.url());
};

TEST_F(RedisClientTest, SpeaksEveryKindOfReply) {
  EXPECT_EQ(Do({"SET", "k", std::string("a\0b\r\n", 5)})->text, "OK");
  EXPECT_EQ(Do({"GET", "k"})->text, std::string("a\0b\r\n", 5));
  EXPECT_TRUE(Do({"GET", "none"})->IsNil());
  EXPECT_EQ(Do({"INCRBY", "n", "41"})->integer, 41);
  Do({"RPUSH", "l", "x", "y"}).IgnoreError();
  EXPECT_EQ(Do({"LRANGE", "l", "0", "-1"})->items.size(), 2u);
  EXPECT_EQ(Do({"INCR", "k"}).status().code(), absl::StatusCode::kInternal);
}

TEST_F(RedisClientTest, SendsAScriptOnceAndAgainAfterAFlush) {
  const Script script("return {KEYS[1], ARGV[1]}");
  for (int i = 0; i < 2; ++i) {
    const auto reply = Await(io_, client_->Run(script, {"a"}, {"b"}));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->items[0].text, "a");
    EXPECT_EQ(reply->items[1].text, "b");
    Do({"SCRIPT", "FLUSH"}).IgnoreError();
  }
}

net::Task<void> Increment(RedisClient& client, int& done) {
  std::vector<std::string> words = {"INCR", "count"};
  auto reply = co_await client.Command(std::move(words));
  if (reply.ok()) ++done;
}

TEST_F(RedisClientTest, PipelinesManyAtOnce) {
  net::TaskGroup tasks(io_.get_executor());
  int done = 0;
  for (int i = 0; i < 1000; ++i) tasks.Spawn("incr", Increment(*client_, done));
  while (tasks.size() > 0) io_.run_one();
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(Do({"GET", "count"})->text, "1000");
}

TEST_F(RedisClientTest, MendsItselfAfterAKillAndKeepsWhatWasAnswered) {
  for (int round = 0; round < 5; ++round) {
    SCOPED_TRACE(round);
    ASSERT_TRUE(Do({"INCR", "n"}).ok());
    server_.Kill();
    server_.Restart();
    // The connection that died may cost one command; the next one waits for the new one.
    auto reply = Do({"GET", "n"});
    if (!reply.ok()) reply = Do({"GET", "n"});
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->text, std::to_string(round + 1));
  }
}

TEST_F(RedisClientTest, SaysThatRedisIsAwayInGoodTime) {
  Do({"PING"}).IgnoreError();
  server_.Kill();
  EXPECT_EQ(Do({"PING"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(client_->connected());
}

TEST_F(RedisClientTest, RefusedWritesAreUnavailable) {
  Do({"CONFIG", "SET", "maxmemory", "1"}).IgnoreError();
  EXPECT_EQ(Do({"SET", "k", "v"}).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace postern::store
