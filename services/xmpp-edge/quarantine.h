#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/rule_questions.h"
#include "services/xmpp-edge/why.h"

namespace postern::xmpp_edge {

// The mails of a user that rules put into quarantine: they lie in the mailbox and were not shown.
// To release one is to show it. Redis key postern:session:released:{user}: the mail ids of those
// that were, as long as decisions are on record.
class QuarantineDesk {
 public:
  static constexpr size_t kMostTold = 20;

  explicit QuarantineDesk(FeatureContext context)
      : context_(context), why_(context), shown_(context.redis, "quarantine") {}

  net::Task<std::string> Tell(std::string user, const Words& words);
  // One of those that were told last, by number.
  net::Task<std::string> Release(std::string user, size_t number, const Words& words);

 private:
  net::Task<absl::StatusOr<std::set<std::string>>> ReleasedOf(std::string user);
  net::Task<std::string> Show(std::string user, rules::v1::Decision decision, const Words& words);

  FeatureContext context_;
  Why why_;
  RuleQuestions shown_;
};

}  // namespace postern::xmpp_edge
