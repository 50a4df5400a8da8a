#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/rule_set.h"

namespace postern::xmpp_edge {

// A user's personal rules, which the rules service keeps: always of the one who asks.
class RuleStore {
 public:
  explicit RuleStore(FeatureContext context) : context_(context) {}

  struct Stored {
    Rules rules;
    std::string revision;
    std::string sieve;  // the same as a script
  };
  net::Task<absl::StatusOr<Stored>> Get(std::string user);

  // Changes the rules as they are now: `change` is called again when somebody else has changed
  // them meanwhile. Its error ends it, and nothing is stored. Answers the rules as they are then.
  // With a wording: kInvalidArgument, the service finds one of them wrong; kFailedPrecondition, the
  // user has no account.
  using Change = std::function<absl::Status(Rules& rules)>;
  net::Task<absl::StatusOr<Rules>> Apply(std::string user, Change change);

  // What they would be as a script after `change`; nothing is stored. Errors as Apply.
  net::Task<absl::StatusOr<std::string>> SieveAfter(std::string user, Change change);

  // The addresses of one of the user's lists.
  net::Task<absl::StatusOr<std::vector<std::string>>> ListOf(std::string user, std::string name);

 private:
  FeatureContext context_;
};

// What a user is told of an error: its wording, or that it does not work now.
std::string RuleProblem(const absl::Status& why, const Words& words);

}  // namespace postern::xmpp_edge
