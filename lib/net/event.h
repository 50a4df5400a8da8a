#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "lib/net/deadline.h"
#include "lib/net/task.h"

namespace postern::net {

// Wakes waiting coroutines. Edge triggered with a memory of one: a Notify() that
// nobody waits for lets the next Wait() through at once.
class Event {
 public:
  explicit Event(boost::asio::any_io_executor executor);

  void Notify();
  Task<void> Wait();
  // False when `limit` passed without a Notify().
  Task<bool> WaitFor(Duration limit);

 private:
  boost::asio::steady_timer timer_;
  bool set_ = false;
};

}  // namespace postern::net
