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
  // What of a mail's actions could not be carried out; nothing when there is no record of it.
  net::Task<absl::Status> AddMishaps(v1::CommitEvaluationRequest commit);
  // The newest first. `filter.mail_id` may be a Message-ID.
  net::Task<absl::StatusOr<std::vector<v1::Decision>>> List(v1::ListDecisionsRequest filter);
  // All of a user; a bare JID in lower case. When it fails, some may be gone.
  net::Task<absl::Status> Forget(std::string user);

 private:
  net::Task<absl::Status> ForgetSome(std::string user, std::vector<std::string> ids);
  // The ids of all that are on record of a user whose index is gone: it had the newest alone.
  net::Task<absl::StatusOr<std::vector<std::string>>> IdsOutsideIndex(std::string user);
  store::RedisClient& redis_;
};

}  // namespace postern::rules
