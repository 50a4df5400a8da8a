#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::fetcher {

// Which mails were begun to be copied into folders: a copy can't be taken back, and the same one
// twice is one too many. In Redis, for two days:
//   postern:cursor:{ID}:begun  sorted set: delivery ids by time
class FilingLog {
 public:
  // Null: nothing is remembered (tests).
  explicit FilingLog(store::RedisClient* redis) : redis_(redis) {}

  // Writes these down, and answers those that were there before: their copies may have been made.
  net::Task<absl::StatusOr<absl::flat_hash_set<std::string>>> Begin(
      std::string account_id, std::vector<std::string> delivery_ids);

 private:
  store::RedisClient* const redis_;
};

}  // namespace postern::fetcher
