#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::xmpp_edge {

// What a user was asked, or shown with numbers, and may answer. Redis keys
// postern:session:rule-SLOT:{user}, so that any edge takes the answer; kept for ten minutes.
struct RuleQuestion {
  std::string kind;                // what the answer is for
  std::string contact;             // bare JID that asked; the answer is written to it
  std::vector<std::string> items;  // by number, from 1; or what is to be confirmed. Any bytes
  std::string newest = {};  // mail in the conversation that asked (meant_mail.h); may be empty
};

class RuleQuestions {
 public:
  // `slot`: questions of one are forgotten for the next of the same.
  RuleQuestions(store::RedisClient& redis, std::string slot)
      : redis_(redis), slot_(std::move(slot)) {}

  net::Task<absl::Status> Ask(std::string user, RuleQuestion question);
  // Nothing when none is open.
  net::Task<absl::StatusOr<std::optional<RuleQuestion>>> Get(std::string user);
  net::Task<void> Forget(std::string user);

 private:
  std::string Key(const std::string& user) const;

  store::RedisClient& redis_;
  const std::string slot_;
};

}  // namespace postern::xmpp_edge
