#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/rule_questions.h"

namespace postern::xmpp_edge {

// What the rules say of the mails that are in a folder, and then, when that is wanted, does it.
class RuleTrial {
 public:
  static constexpr char kKind[] = "apply";
  static constexpr uint32_t kPage = 500;  // fetcher.proto: the most
  static constexpr uint32_t kMostMails = 5000;

  explicit RuleTrial(FeatureContext context)
      : context_(context), questions_(context.redis, "question") {}

  // "work Lists/dev", "INBOX", "": an account when there are several, and a folder.
  struct Target {
    AccountDirectory::Account account;
    std::string folder;      // empty: the account's own
    std::string problem;     // a sentence for the user, instead
    std::string tried = {};  // as Sieve, in place of the personal rules; empty: those in force
  };
  Target Find(const std::string& user, const std::string& said, const Words& words) const;

  net::Task<std::string> Try(std::string user, std::string said, const Words& words);
  // Tries, and asks for a "yes" at `contact`.
  net::Task<std::string> AskToApply(std::string user, std::string said, std::string contact,
                                    const Words& words);
  net::Task<std::string> Apply(std::string user, RuleQuestion asked, const Words& words);
  // Of a form: no word of what to type. With `tried` it is never carried out.
  net::Task<std::string> TryIn(Target target, const Words& words);

 private:
  struct Outcome {
    uint32_t mails = 0, untouched = 0;
    bool more = false;
    std::map<std::string, uint32_t> counts;  // by action, of what is done with mail in a folder
    std::map<std::string, uint32_t> of_new;  // of what is done with mail that comes
    absl::Status trouble;                    // what ended it before the last mail
  };
  net::Task<Outcome> Run(Target target, bool carry_out);
  static std::string Counts(const std::map<std::string, uint32_t>& by_action, const Words& words);
  static std::string ToldOfTrial(const Outcome& outcome, const Target& target, const Words& words);
  static std::string Told(const Outcome& outcome, const Target& target, bool done,
                          const Words& words);

  FeatureContext context_;
  RuleQuestions questions_;
};

// Whether such an action is carried out with a mail that lies in a folder: that is neither shown
// again nor answered.
bool IsOfOldMail(const std::string& action);
// "fileinto Lists" (the fetcher's DescribeActions) in plain words.
std::string AppliedActionText(const std::string& action, const Words& words);

}  // namespace postern::xmpp_edge
