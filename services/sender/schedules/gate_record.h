#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::sender {

// Which accounts have a gate, and how far the runs of accounts and routes got:
// postern:outbox:gates, a hash of "account/ID" and "route/NAME" to the Unix time up to which runs
// are over.
class GateRecord {
 public:
  explicit GateRecord(store::RedisClient& redis) : redis_(redis) {}

  net::Task<absl::StatusOr<std::map<std::string, int64_t>>> Load();
  net::Task<absl::Status> Note(std::string name, int64_t unix_seconds);
  net::Task<absl::Status> Forget(std::string name);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::sender
