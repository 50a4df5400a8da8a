#pragma once

#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::sender {

// OK from Submit means on disk; that is Redis's promise to keep, and the operator's to ask for:
// warns of a Redis that would lose mail when it is killed, or drop it when its memory is full.
// Waits for a Redis that is away; says nothing where Redis does not tell (a managed one).
net::Task<void> CheckDurability(store::RedisClient& redis);

}  // namespace postern::sender
