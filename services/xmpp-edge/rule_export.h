#pragma once

#include <string>

#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/rule_store.h"

namespace postern::xmpp_edge {

// What those ask for who know Sieve. All of the user who asks.
class RuleExport {
 public:
  explicit RuleExport(FeatureContext context) : context_(context), store_(context) {}

  // The personal rules as a script.
  net::Task<std::string> Sieve(std::string user, const Words& words);
  // The rules in words, the same as a script, and the user's own scripts.
  net::Task<std::string> All(std::string user, const Words& words);
  // A new password for ManageSieve, with all that a mail program asks for.
  net::Task<std::string> MakePassword(std::string user, const Words& words);
  net::Task<std::string> EndPassword(std::string user, const Words& words);

 private:
  FeatureContext context_;
  RuleStore store_;
};

// The list of rules with their numbers, at most `most`; 0: all.
std::string RulesText(const Rules& rules, size_t most, const Words& words);

}  // namespace postern::xmpp_edge
