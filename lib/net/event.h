#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>

#include "lib/net/deadline.h"
#include "lib/net/task.h"

namespace postern::net {

// Wakes all coroutines that wait. A Notify() that nobody waits for is remembered
// and lets the next Wait() through at once; none is ever lost, not even one that
// crosses a timeout or a cancel.
class Event {
 public:
  explicit Event(boost::asio::any_io_executor executor);

  void Notify();
  Task<void> Wait();
  // False when `limit` passed without a Notify().
  Task<bool> WaitFor(Duration limit);

 private:
  boost::asio::steady_timer timer_;  // never expires; cancelled to wake
  uint64_t generation_ = 0;          // how many Notify() there were
  int waiting_ = 0;
  bool remembered_ = false;
};

}  // namespace postern::net
