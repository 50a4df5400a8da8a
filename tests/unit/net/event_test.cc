#include "lib/net/event.h"

#include <gtest/gtest.h>

#include "lib/net/task_group.h"
#include "tests/support/await.h"

namespace postern::net {
namespace {

using namespace std::chrono_literals;

Task<void> CountWakes(Event& event, int times, int& count) {
  for (int i = 0; i < times; ++i) {
    co_await event.Wait();
    ++count;
  }
}

Task<void> Yield() { co_await Sleep(0ms); }

TEST(Event, RemembersANotifyThatNobodyWaitedFor) {
  boost::asio::io_context io;
  Event event(io.get_executor());
  event.Notify();
  EXPECT_TRUE(testing::Await(io, event.WaitFor(0s)));
  EXPECT_FALSE(testing::Await(io, event.WaitFor(0s)));
}

TEST(Event, WakesAllWhoWait) {
  boost::asio::io_context io;
  Event event(io.get_executor());
  TaskGroup tasks(io.get_executor());
  int count = 0;
  for (int i = 0; i < 3; ++i) tasks.Spawn("waiter", CountWakes(event, 1, count));
  testing::Await(io, Yield());
  event.Notify();
  io.restart();
  io.run();
  EXPECT_EQ(count, 3);
  EXPECT_EQ(tasks.size(), 0u);
}

TEST(Event, TimesOutAndKeepsWorking) {
  boost::asio::io_context io;
  Event event(io.get_executor());
  EXPECT_FALSE(testing::Await(io, event.WaitFor(1ms)));
  event.Notify();
  EXPECT_TRUE(testing::Await(io, event.WaitFor(10s)));
}

TEST(TaskGroup, CancelledTasksUnwindAndStopWaitsForThem) {
  boost::asio::io_context io;
  Event event(io.get_executor());
  TaskGroup tasks(io.get_executor());
  int count = 0;
  tasks.Spawn("one", CountWakes(event, 5, count));
  const uint64_t two = tasks.Spawn("two", CountWakes(event, 5, count));
  testing::Await(io, Yield());
  tasks.Cancel(two);
  testing::Await(io, Yield());
  testing::Await(io, Yield());
  EXPECT_EQ(tasks.size(), 1u);
  testing::Await(io, tasks.Stop());
  EXPECT_EQ(tasks.size(), 0u);
}

Task<absl::StatusOr<int>> AnswerAfter(Duration pause, int value) {
  co_await Sleep(pause);
  co_return value;
}

TEST(WithDeadline, AnswersInTimeOrSaysThatItDidNot) {
  EXPECT_EQ(*testing::Await(WithDeadline(10s, AnswerAfter(0s, 7))), 7);
  const auto late = testing::Await(WithDeadline(1ms, AnswerAfter(10s, 7)));
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace postern::net
