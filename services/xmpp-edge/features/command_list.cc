#include "services/xmpp-edge/features/command_list.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/xmpp-edge/features/command.h"
#include "services/xmpp-edge/password_need.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/finger.h"
#include "services/xmpp-edge/texts/rule_form.h"
#include "services/xmpp-edge/texts/sending_settings.h"
#include "services/xmpp-edge/texts/waiting_mails.h"
#include "services/xmpp-edge/texts/watching.h"

namespace postern::xmpp_edge {
namespace {

// XEP-0004 section 3.2 wants instructions without line breaks.
std::string OneLine(absl::string_view text) {
  std::string line;
  for (const absl::string_view part : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const bool ended = line.empty() || absl::EndsWith(line, ".");
    absl::StrAppend(&line, ended ? "" : ".", line.empty() ? "" : " ", part);
  }
  return line;
}

bool AtRoot(const Place& place) { return place.kind == Place::Kind::kRoot; }
bool AtAccount(const Place& place) {
  return place.kind == Place::Kind::kAccount && place.folder.empty();
}
bool AtMailbox(const Place& place) {
  return AtAccount(place) &&
         (place.type == admin::v1::ACCOUNT_TYPE_IMAP || place.type == admin::v1::ACCOUNT_TYPE_POP3);
}
bool AtSender(const Place& place) { return AtAccount(place) && !IsReceiving(place.type); }
bool AtRootOrMailbox(const Place& place) { return AtRoot(place) || AtMailbox(place); }
bool AtUnstored(const Place& place) {
  return AtAccount(place) && IsPasswordGivenByHand(*place.account);
}

// JMC's nodes and ours.
constexpr Command kCommands[] = {
    {"jmc#force-check", &texts::ForceCheck, &AtRootOrMailbox, nullptr, &ForceCheck},
    {"jmc#get-email", &texts::FetchEmails, &AtMailbox, nullptr, &GetEmail},
    {"jcl#get-last-error", &texts::GetLastError, &AtAccount, nullptr, &GetLastError},
    {"postern#password", &texts::GivePassword, &AtUnstored, nullptr, &GivePassword},
    {"postern#settings", &texts::ChangeSettings, &AtAccount, nullptr, &ChangeSettings},
    {"postern#watching", &texts::WhenMailIsFetched, &AtMailbox, nullptr, &EditWatching},
    {"postern#sending", &texts::HowMailIsSent, &AtSender, nullptr, &EditSending},
    {"postern#remove", &texts::RemoveThisAccount, &AtAccount, nullptr, &RemoveAccounts},
    {"postern#register", &texts::RegisterAccount, &AtRoot, nullptr, &RegisterAccount},
    {"postern#remove", &texts::RemoveAccounts, &AtRoot, nullptr, &RemoveAccounts},
    {"postern#outbox", &texts::WaitingToBeSent, &AtRoot, nullptr, &ShowOutbox},
    {"postern#finger", &texts::FingerCommand, &AtRoot, nullptr, &Finger},
    {"postern#rules", &texts::RulesCommand, &AtRoot, nullptr, &EditRules},
    {"postern#preferences", &texts::Preferences, &AtRoot, nullptr, &EditPreferences},
};

}  // namespace

bool MayRun(const Command& command, const FeatureContext& context, const Jid& user) {
  return command.may == nullptr || command.may(context, user);
}

const Command* FindCommand(const Place& place, absl::string_view node) {
  for (const Command& command : kCommands) {
    if (command.node == node && command.runs_at(place)) return &command;
  }
  return nullptr;
}

void AddCommandItems(const FeatureContext& context, const Jid& user, const Place& place,
                     absl::string_view jid, const Words& words, Element& query) {
  for (const Command& command : kCommands) {
    if (!command.runs_at(place) || !MayRun(command, context, user)) continue;
    Element item = MakeElement("item");
    item.Set("jid", jid).Set("node", command.node).Set("name", command.name(words));
    query.Add(std::move(item));
  }
}

bool DescribeCommand(const FeatureContext& context, const Jid& user, const Place& place,
                     absl::string_view node, const Words& words, Element& query) {
  const Command* command = FindCommand(place, node);
  if (command == nullptr || !MayRun(*command, context, user)) return false;
  Element identity = MakeElement("identity");
  identity.Set("category", "automation").Set("type", "command-node");
  identity.Set("name", command->name(words));
  query.Add(std::move(identity));
  for (const absl::string_view var : {kCommandsNs, absl::string_view(kDataFormNs)}) {
    Element feature = MakeElement("feature");
    feature.Set("var", var);
    query.Add(std::move(feature));
  }
  return true;
}

std::string CommandStep::Value(const std::string& var) const {
  if (!form) return "";
  const auto found = form->find(var);
  return found == form->end() || found->second.size() != 1 ? "" : found->second.front();
}

CommandReply CommandReply::Note(std::string text) {
  CommandReply reply;
  reply.note = std::move(text);
  return reply;
}

CommandReply CommandReply::Error(std::string text) {
  CommandReply reply = Note(std::move(text));
  reply.note_is_error = true;
  return reply;
}

CommandReply CommandReply::Result(DataForm form) {
  CommandReply reply;
  form.type = "result";
  reply.form = std::move(form);
  return reply;
}

CommandReply CommandReply::Ask(DataForm form, CommandState state) {
  CommandReply reply;
  reply.completed = false;
  reply.form = std::move(form);
  reply.state = std::move(state);
  return reply;
}

CommandReply CommandReply::MoreFollows() && {
  last = false;
  onward = true;
  return std::move(*this);
}

CommandReply CommandReply::AskAgain(DataForm form, CommandState state, absl::string_view problem) {
  form.instructions = OneLine(problem);
  return Ask(std::move(form), std::move(state));
}

}  // namespace postern::xmpp_edge
