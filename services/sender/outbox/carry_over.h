#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::sender {

// Makes mails of the queue as an older Postern laid it out such as the outbox knows. Before
// anything is taken. Answers how many; in bounded steps, and where it breaks off the next call
// goes on. Costs nothing to speak of where there are none. Errors as Outbox.
net::Task<absl::StatusOr<int64_t>> CarryOver(store::RedisClient& redis);

}  // namespace postern::sender
