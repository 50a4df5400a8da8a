#include "services/fetcher/alarm_clock.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

namespace postern::fetcher {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using Clock = AlarmClock::Clock;

class AlarmClockTest : public ::testing::Test {
 protected:
  void RunUntil(const std::function<bool()>& happened) {
    io_.restart();
    while (!happened() && io_.run_one_for(std::chrono::seconds(5)) > 0) {
    }
  }

  boost::asio::io_context io_;
  AlarmClock clock_{io_.get_executor()};
  std::string rung_;
};

TEST_F(AlarmClockTest, RingsInTheOrderOfTimeAndNeverTooEarly) {
  const auto start = Clock::now();
  Clock::duration first{0};
  AlarmClock::Alarm late(clock_, [&] { rung_ += "late "; });
  AlarmClock::Alarm soon(clock_, [&] {
    rung_ += "soon ";
    first = Clock::now() - start;
  });
  late.Set(start + milliseconds(250));
  soon.Set(start + milliseconds(30));
  RunUntil([&] { return rung_.size() >= 10; });
  EXPECT_EQ(rung_, "soon late ");
  EXPECT_GE(first, milliseconds(30));
  EXPECT_FALSE(late.is_set());
  EXPECT_EQ(clock_.size(), 0u);
}

TEST_F(AlarmClockTest, RingsOnceAtTheTimeThatWasSetLast) {
  AlarmClock::Alarm moved(clock_, [&] { rung_ += "moved "; });
  AlarmClock::Alarm off(clock_, [&] { rung_ += "off "; });
  AlarmClock::Alarm end(clock_, [&] { rung_ += "end "; });
  moved.SetIn(milliseconds(10));
  moved.SetIn(hours(1));
  moved.SetIn(milliseconds(60));
  off.SetIn(milliseconds(20));
  off.Off();
  end.SetIn(milliseconds(200));
  {
    AlarmClock::Alarm gone(clock_, [&] { rung_ += "gone "; });
    gone.SetIn(milliseconds(20));
  }
  RunUntil([&] { return !end.is_set(); });
  EXPECT_EQ(rung_, "moved end ");
}

TEST_F(AlarmClockTest, LetsARingingAlarmSetItselfAndEndOthers) {
  int left = 3;
  std::optional<AlarmClock::Alarm> other;
  std::unique_ptr<AlarmClock::Alarm> again;
  again = std::make_unique<AlarmClock::Alarm>(clock_, [&] {
    other.reset();
    rung_ += "again ";
    if (--left > 0) again->SetIn(milliseconds(0));
  });
  other.emplace(clock_, [&] { rung_ += "other "; });
  const auto both = Clock::now() + milliseconds(20);
  again->Set(both - AlarmClock::kTick);
  other->Set(both);
  RunUntil([&] { return left == 0; });
  EXPECT_EQ(rung_, "again again again ");
}

}  // namespace
}  // namespace postern::fetcher
