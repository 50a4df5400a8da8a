#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::xmpp_edge {

// Which mails were delivered: Redis keys postern:delivery:{account-id}:<delivery-id>,
// kept 30 days. The fetcher's cursor is the first guard against doubles, this the
// second, for the time between a delivery and the cursor's advance.
class DeliveryLog {
 public:
  explicit DeliveryLog(store::RedisClient& redis);

  // For each id, in order: was it delivered?
  net::Task<absl::StatusOr<std::vector<bool>>> Known(std::string account_id,
                                                     std::vector<std::string> delivery_ids);
  // Also forgets the digest that was begun.
  net::Task<absl::Status> Record(std::string account_id, std::vector<std::string> delivery_ids);

  // The mails of a digest that is about to be written. When we die before Record, the
  // next digest would hold newer mail too and so be another message: the one that was
  // begun is written again as it was, with the same stanza id (invariant 2).
  net::Task<absl::Status> BeginDigest(std::string account_id,
                                      std::vector<std::string> delivery_ids);
  // Empty when none was begun, or it was recorded.
  net::Task<absl::StatusOr<std::vector<std::string>>> BegunDigest(std::string account_id);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::xmpp_edge
