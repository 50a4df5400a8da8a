#pragma once

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"

namespace postern::net {

using Duration = std::chrono::steady_clock::duration;

// Waits for `task`, but no longer than `limit`: then it is cancelled and the
// answer is kDeadlineExceeded with the message "no answer within N s".
Task<absl::Status> WithDeadline(Duration limit, Task<absl::Status> task);

template <class T>
Task<absl::StatusOr<T>> WithDeadline(Duration limit, Task<absl::StatusOr<T>> task);

// Lets `pause` pass.
Task<void> Sleep(Duration pause);

}  // namespace postern::net

#include "lib/net/deadline_impl.h"
