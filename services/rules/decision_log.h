#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "postern/rules/v1/rules.pb.h"

namespace postern::rules {

// What rules did with mails, and why: for 7 days, the newest 50,000 mails of all and 1,000 of each
// user. A mail judged twice (it is, after a crash) has one entry: the last.
class DecisionLog {
 public:
  explicit DecisionLog(store::RedisClient& redis) : redis_(redis) {}

  // All of them or, when it fails, none.
  net::Task<absl::Status> Record(std::vector<v1::Decision> decisions);
  // The newest first. `filter.mail_id` may be a Message-ID.
  net::Task<absl::StatusOr<std::vector<v1::Decision>>> List(v1::ListDecisionsRequest filter);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::rules
