#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"

namespace postern::net {

using Duration = std::chrono::steady_clock::duration;

// Lets `pause` pass.
Task<void> Sleep(Duration pause);

// Runs `task` to its end, but no longer than `limit`: then it is cancelled, has
// unwound, and the answer is false.
Task<bool> EndsWithin(Duration limit, Task<void> task);

// kDeadlineExceeded: "no answer within N s".
absl::Status DeadlineStatus(Duration limit);

// What `task` answers, or DeadlineStatus when that took longer than `limit`.
Task<absl::Status> WithDeadline(Duration limit, Task<absl::Status> task);

template <class T>
Task<void> KeepAnswer(Task<T> task, std::optional<T>& answer) {
  answer.emplace(co_await std::move(task));
}

template <class T>
Task<absl::StatusOr<T>> WithDeadline(Duration limit, Task<absl::StatusOr<T>> task) {
  std::optional<absl::StatusOr<T>> answer;
  co_await EndsWithin(limit, KeepAnswer(std::move(task), answer));
  if (answer) co_return *std::move(answer);
  co_return DeadlineStatus(limit);
}

}  // namespace postern::net
