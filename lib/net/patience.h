#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/net/deadline.h"
#include "lib/net/task.h"

namespace postern::net {

// The deadlines of a dialogue that waits many times. Each wait has one of its own, but one
// timer serves them all: to set one and to cancel it costs more than to read a line that has
// come. So a wait may end up to a second late.
class Patience {
 public:
  // The wait that begins now may take so long; the one before is over.
  void Allow(Duration limit) {
    limit_ = limit;
    until_ = std::chrono::steady_clock::now() + limit;
  }

  // Runs `task`, which says by Allow() before each wait how long it may take; `first` holds
  // until it does. False: a wait took too long; the task was cancelled and has unwound.
  Task<bool> Outlasts(Duration first, Task<void> task);

  Duration limit() const { return limit_; }

 private:
  Task<void> RunOut() const;

  Duration limit_{};
  std::chrono::steady_clock::time_point until_;
};

// What `task` answers, or DeadlineStatus when one of its waits took too long.
template <class T>
Task<absl::StatusOr<T>> WithPatience(Patience& patience, Duration first,
                                     Task<absl::StatusOr<T>> task) {
  std::optional<absl::StatusOr<T>> answer;
  co_await patience.Outlasts(first, KeepAnswer(std::move(task), answer));
  if (answer) co_return *std::move(answer);
  co_return DeadlineStatus(patience.limit());
}

// Lets others run who are ready.
Task<void> Yield();

}  // namespace postern::net
