#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/store/redis_client.h"

struct redisReply;

namespace postern::store {

// Copies hiredis's answer into a value; an error answer becomes a Status:
// kUnavailable when Redis can't just now (LOADING, READONLY, OOM, MISCONF, …),
// kInternal for the rest.
absl::StatusOr<Reply> FromHiredis(const redisReply& reply);

// True for the answer to EVALSHA that asks for the script itself.
bool IsNoScript(const absl::Status& status);

}  // namespace postern::store
