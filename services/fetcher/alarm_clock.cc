#include "services/fetcher/alarm_clock.h"

#include <boost/system/error_code.hpp>

namespace postern::fetcher {

namespace {

// Up to the next tick.
AlarmClock::Clock::time_point Coarse(AlarmClock::Clock::time_point when) {
  using Ticks = std::chrono::duration<int64_t, std::ratio<1, 1000 / AlarmClock::kTick.count()>>;
  return AlarmClock::Clock::time_point(std::chrono::ceil<Ticks>(when.time_since_epoch()));
}

}  // namespace

void AlarmClock::Alarm::Set(Clock::time_point when) {
  Off();
  when_ = Coarse(when);
  clock_.alarms_.emplace(when_, this);
  if (when_ < clock_.armed_for_) clock_.Arm();
}

// The timer stays as it is: it may find nothing to ring.
void AlarmClock::Alarm::Off() {
  if (!is_set()) return;
  clock_.alarms_.erase({when_, this});
  when_ = Clock::time_point();
}

void AlarmClock::Arm() {
  armed_for_ = alarms_.empty() ? Clock::time_point::max() : alarms_.begin()->first;
  if (alarms_.empty()) return;
  timer_.expires_at(armed_for_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Ring();
  });
}

// One that rings may set itself, or end others: no iterator is kept.
void AlarmClock::Ring() {
  const Clock::time_point now = Clock::now();
  while (!alarms_.empty() && alarms_.begin()->first <= now) {
    Alarm* const alarm = alarms_.begin()->second;
    alarm->Off();
    alarm->ring_();
  }
  Arm();
}

}  // namespace postern::fetcher
