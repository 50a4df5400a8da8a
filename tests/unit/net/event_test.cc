#include "lib/net/event.h"

#include <gtest/gtest.h>

#include <stdexcept>

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

Task<void> Outlast(Duration limit, bool& begun, bool& unwound) {
  struct Unwinding {
    bool& done;
    ~Unwinding() { done = true; }
  } unwinding{unwound};
  begun = true;
  co_await Sleep(limit);
}

Task<void> Guarded(Duration inner, bool& begun, bool& unwound, bool& went_on) {
  Task<void> outlast = Outlast(10s, begun, unwound);
  co_await EndsWithin(inner, std::move(outlast));
  went_on = true;
}

Task<void> Throws() {
  co_await Sleep(1ms);
  throw std::runtime_error("a bug");
}

TEST(EndsWithin, UnwindsWhatIsLateBeforeItAnswers) {
  bool begun = false, unwound = false;
  EXPECT_FALSE(testing::Await(EndsWithin(1ms, Outlast(10s, begun, unwound))));
  EXPECT_TRUE(begun && unwound);
}

TEST(EndsWithin, IsCancelledWithWhoeverWaits) {
  boost::asio::io_context io;
  TaskGroup tasks(io.get_executor());
  bool begun = false, unwound = false, went_on = false;
  tasks.Spawn("guarded", Guarded(10s, begun, unwound, went_on));
  testing::Await(io, Yield());
  EXPECT_TRUE(begun && !unwound);
  testing::Await(io, tasks.Stop());
  EXPECT_TRUE(unwound);
  EXPECT_FALSE(went_on);
}

TEST(EndsWithin, TheInnerLimitEndsNoMoreThanItsTask) {
  boost::asio::io_context io;
  bool begun = false, unwound = false, went_on = false;
  EXPECT_TRUE(testing::Await(io, EndsWithin(10s, Guarded(1ms, begun, unwound, went_on))));
  EXPECT_TRUE(unwound && went_on);
}

TEST(EndsWithin, LetsExceptionsPassAtOnce) {
  EXPECT_THROW(testing::Await(EndsWithin(1h, Throws())), std::runtime_error);
}

TEST(WithDeadline, AnswersInTimeOrSaysThatItDidNot) {
  EXPECT_EQ(*testing::Await(WithDeadline(10s, AnswerAfter(0s, 7))), 7);
  const auto late = testing::Await(WithDeadline(1ms, AnswerAfter(10s, 7)));
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace postern::net
