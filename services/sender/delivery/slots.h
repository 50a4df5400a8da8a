#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>

#include "lib/net/event.h"
#include "lib/net/task.h"

namespace postern::sender {

// How many of something may run at once. Each that runs holds a Slot.
class Slots {
 public:
  Slots(boost::asio::any_io_executor executor, size_t count) : count_(count), freed_(executor) {}

  bool Free() const { return taken_ < count_; }
  // Returns when one is free; take it before waiting for anything else.
  net::Task<void> WaitForOne() {
    while (!Free()) co_await freed_.Wait();
  }

  // One of them; given back however its holder ends.
  class Slot {
   public:
    explicit Slot(Slots& slots) : slots_(slots) { ++slots_.taken_; }
    ~Slot() {
      --slots_.taken_;
      slots_.freed_.Notify();
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    Slots& slots_;
  };

 private:
  const size_t count_;
  size_t taken_ = 0;
  net::Event freed_;
};

}  // namespace postern::sender
