#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/functional/any_invocable.h"

namespace postern::fetcher {

// One timer for all watchers: ten thousand of them sleep, and each costs a place in a
// sorted set. Coarse: what is due within a tick rings together, never too early.
class AlarmClock {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTick{50};

  // Rings once when its time has come. The clock outlives it.
  class Alarm {
   public:
    Alarm(AlarmClock& clock, absl::AnyInvocable<void()> ring)
        : clock_(clock), ring_(std::move(ring)) {}
    ~Alarm() { Off(); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    // In place of the time that was set before.
    void Set(Clock::time_point when);
    void SetIn(Clock::duration pause) { Set(Clock::now() + pause); }
    void Off();
    bool is_set() const { return when_ != Clock::time_point(); }

   private:
    friend class AlarmClock;
    AlarmClock& clock_;
    absl::AnyInvocable<void()> ring_;
    Clock::time_point when_;
  };

  explicit AlarmClock(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

  size_t size() const { return alarms_.size(); }

 private:
  void Arm();
  void Ring();

  boost::asio::steady_timer timer_;
  Clock::time_point armed_for_ = Clock::time_point::max();
  absl::btree_set<std::pair<Clock::time_point, Alarm*>> alarms_;
};

}  // namespace postern::fetcher
