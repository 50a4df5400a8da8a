#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/net/task.h"

namespace postern::net {

// Background coroutines of one owner. Destroying the group cancels what is left
// and does not wait; Stop() waits. A coroutine may end by itself at any time.
// An exception other than a cancel that leaves a coroutine is our bug: the
// process logs it and aborts, rather than run on half dead.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // `name` is for logs. The task must own (hold by value) what it uses, or use
  // only what outlives this group.
  uint64_t Spawn(std::string name, Task<void> task);
  // Unwinds one task at its next wait. Harmless when it has ended.
  void Cancel(uint64_t id);
  // Cancels all and returns when the last has unwound.
  Task<void> Stop();
  size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace postern::net
