#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::sender {

// Which links were brought up, by which process of which machine: postern:outbox:links, a hash of
// "MACHINE/PROCESS/ROUTE". Holds no commands: only what the operator's file says is ever run.
class LinkRecord {
 public:
  explicit LinkRecord(store::RedisClient& redis);

  // Before the link is brought up, and when it is down.
  net::Task<absl::Status> Enter(std::string route);
  net::Task<absl::Status> Strike(std::string route);
  // Whether another process of this machine has it up.
  net::Task<absl::StatusOr<bool>> HeldByOthers(std::string route);
  // Routes that processes of this machine left up that run no more; they are struck off.
  net::Task<absl::StatusOr<std::vector<std::string>>> TakeLeft();

 private:
  struct Entry {
    std::string field, process, route;
  };
  // Of this machine.
  net::Task<absl::StatusOr<std::vector<Entry>>> Entries();
  std::string FieldOf(const std::string& route) const;

  store::RedisClient& redis_;
  const std::string machine_, process_;
};

}  // namespace postern::sender
