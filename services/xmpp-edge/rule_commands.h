#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/chat_work.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/meant_mail.h"
#include "services/xmpp-edge/quarantine.h"
#include "services/xmpp-edge/rule_export.h"
#include "services/xmpp-edge/rule_line.h"
#include "services/xmpp-edge/rule_proposals.h"
#include "services/xmpp-edge/rule_questions.h"
#include "services/xmpp-edge/rule_store.h"
#include "services/xmpp-edge/rule_trial.h"
#include "services/xmpp-edge/stanza_router.h"
#include "services/xmpp-edge/why.h"

namespace postern::xmpp_edge {

// Rules by chat. To the gateway itself all of rule_line.h may be said. To the contact of a
// mailbox or of an address, where words are mail, only what nobody would mail: "mute this sender",
// "vip this sender" and "rule" (to an address "why" as a reply only), what names an address,
// hours or a rule to be changed, "only from my contacts" (of that account), and the answer to a
// question that was asked there, unless a mail has come since. What is taken is never mailed, and
// its answer says so where it may have been meant. Nor are the other commands when they stand alone
// ("rules", "why not", "mute" that is no reply), nor any command that a message is corrected to
// (XEP-0308): they are answered with what to do.
class RuleCommands {
 public:
  // `work` outlives it.
  RuleCommands(FeatureContext context, ChatWork& work);

  // True when it was one: it is answered, in a moment.
  net::Task<bool> Take(const Incoming& incoming, const Place& place);

 private:
  // What is said, and where.
  struct Wish {
    RuleLine line;
    MailQuestion mail;        // which one is meant, when one is
    std::string account;      // of its contact; empty: at the gateway
    RuleQuestion asked = {};  // what is answered
  };

  // Of a command that is neither done nor mailed where it was said.
  std::string NotMailedText(const RuleLine& line, const Words& words) const;
  // The open question that `line` answers; nothing: it answers none.
  net::Task<std::optional<RuleQuestion>> QuestionFor(const MailQuestion& mail,
                                                     const RuleLine& line);
  // Nothing: it is about nothing that can be asked here.
  std::optional<net::Task<std::string>> WorkFor(Wish wish, const Words& words);
  std::optional<net::Task<std::string>> OtherWorkFor(Wish wish, const Words& words);

  net::Task<std::string> Decline(std::string user, const Words& words);
  net::Task<std::string> List(std::string user, const Words& words);
  net::Task<std::string> Show(std::string user, RuleLine line, const Words& words);
  // Deletes, moves, copies, switches.
  net::Task<std::string> ChangeOne(std::string user, RuleLine line, const Words& words);
  // rule_commands_senders.cc, these four, and NotMailedText().
  net::Task<absl::StatusOr<std::string>> FindSender(Wish wish, const Words& words);
  net::Task<std::string> ChangeSender(Wish wish, const Words& words);
  net::Task<absl::StatusOr<size_t>> CountContacts(std::string user);
  net::Task<std::string> SetContactsOnly(Wish wish, const Words& words);
  net::Task<std::string> Quiet(Wish wish, const Words& words);

  FeatureContext context_;
  ChatWork& work_;
  RuleStore store_;
  RuleQuestions questions_;
  RuleProposals proposals_;
  RuleTrial trial_;
  RuleExport export_;
  QuarantineDesk quarantine_;
  Why why_;
};

}  // namespace postern::xmpp_edge
