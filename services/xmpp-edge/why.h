#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/meant_mail.h"
#include "services/xmpp-edge/rule_store.h"

namespace postern::xmpp_edge {

// Why a user got a mail, and why not: what the rules service has on record of their own mails.
class Why {
 public:
  static constexpr size_t kMostTold = 10;
  static constexpr uint32_t kMostRead = 300;  // decisions

  explicit Why(FeatureContext context) : context_(context), store_(context) {}

  // Of the mail that "why" answers.
  net::Task<std::string> Tell(MailQuestion question, const Words& words);
  // The last mails that were kept back with `word` in the subject or the sender; empty: all.
  net::Task<std::string> TellKeptBack(std::string user, std::string word, const Words& words);
  // The newest first; `message_id` empty: of any mail.
  net::Task<absl::StatusOr<std::vector<rules::v1::Decision>>> DecisionsOf(std::string user,
                                                                          std::string message_id);

 private:
  // Of a mail that no rule had to do with.
  net::Task<std::string> NoRuleText(std::string user, const Words& words);
  std::string LineOf(const rules::v1::Decision& decision, const Rules& rules,
                     const Words& words) const;
  // None when they can't be had: then rules are told without their numbers.
  net::Task<Rules> RulesOf(std::string user);

  FeatureContext context_;
  RuleStore store_;
};

}  // namespace postern::xmpp_edge
