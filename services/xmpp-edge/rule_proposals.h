#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/meant_mail.h"
#include "services/xmpp-edge/rule_questions.h"
#include "services/xmpp-edge/rule_set.h"
#include "services/xmpp-edge/rule_store.h"

namespace postern::xmpp_edge {

// The rules that suggest themselves for a mail: by its sender, list, domain, subject. `folders`:
// the account has some (IMAP). Pure.
Rules ProposalsFor(const MailThread& mail, bool folders);

// "rule", as a reply to a mail: shows what suggests itself, with numbers, and takes the answer.
class RuleProposals {
 public:
  static constexpr char kSlot[] = "question";
  static constexpr char kKind[] = "proposals";

  explicit RuleProposals(FeatureContext context)
      : context_(context), store_(context), questions_(context.redis, kSlot) {}

  net::Task<std::string> Propose(MailQuestion question, const Words& words);
  // `folder`: what stands behind the number; may be empty.
  net::Task<std::string> Choose(std::string user, RuleQuestion asked, size_t number,
                                std::string folder, const Words& words);

 private:
  FeatureContext context_;
  RuleStore store_;
  RuleQuestions questions_;
};

// What a user is told of a rule that was added, or was there.
std::string AddedText(const rules::v1::PersonalRule& rule, const Added& added, const Words& words);
// The end of such a text: who was taken out of rules of the other kind, and who stays there, behind
// a blank; or nothing.
std::string OthersText(const rules::v1::PersonalRule& rule, const Added& added, const Words& words);

}  // namespace postern::xmpp_edge
