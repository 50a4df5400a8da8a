#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/feature_context.h"

// What an ad-hoc command is made of. The protocol (XEP-0050) is commands.cc's affair:
// sessions, actions, steps sent twice. A new command is a step function and a line in
// the table of command_list.cc.
namespace postern::xmpp_edge {

class RegistrationDesk;

// What a command keeps between two steps, in Redis for an hour: bounded, and nothing
// secret. Any bytes.
using CommandState = std::map<std::string, std::string>;

// One step, as its user asks for it.
struct CommandStep {
  Jid user;     // full
  Place place;  // where the command runs
  const Words* words = nullptr;
  std::string session;               // random, the same in all steps of one run
  int number = 0;                    // 0: the command begins, and there is no form yet
  bool back = false;                 // the user wants to see the step before ("prev")
  bool onward = false;               // the user wants one more step ("next")
  std::optional<FieldValues> form;   // submitted
  CommandState state;                // what the step before kept
  RegistrationDesk* desk = nullptr;  // where accounts are registered; outlives the step

  // The only value of a field; "" when it was not sent.
  std::string Value(const std::string& var) const;
};

// What comes of it: a form to be filled in, or the end with a result or a note.
struct CommandReply {
  bool completed = true;
  std::optional<DataForm> form;  // of type "form", or "result" at the end
  std::string note;
  bool note_is_error = false;
  bool back = false, onward = false;  // whether the next step may be asked for so
  // False: a step follows whatever is asked for, so that "next" is offered alone.
  bool last = true;
  CommandState state;

  static CommandReply Note(std::string text);
  static CommandReply Error(std::string text);
  static CommandReply Result(DataForm form);
  static CommandReply Ask(DataForm form, CommandState state);
  // Once more, and what was wrong instead of the instructions: an error would end the run
  // in many clients, with all that was typed.
  static CommandReply AskAgain(DataForm form, CommandState state, absl::string_view problem);
  // Makes it a form that is not the last of its command.
  CommandReply MoreFollows() &&;
};

struct Command {
  absl::string_view node;
  std::string (*name)(const Words& words);
  bool (*runs_at)(const Place& place);
  // Who may run it; null: whoever reaches the place.
  bool (*may)(const FeatureContext& context, const Jid& user);
  // Errors: kInvalidArgument asks the user to fill in the form differently, others mean
  // that the step may be tried again. Their text is a wording (lib/words) or for nobody.
  net::Task<absl::StatusOr<CommandReply>> (*step)(FeatureContext context, CommandStep step);
};

// The command of that node that runs at a place; null: none.
const Command* FindCommand(const Place& place, absl::string_view node);
bool MayRun(const Command& command, const FeatureContext& context, const Jid& user);

// The steps of the users' commands, one file each.
net::Task<absl::StatusOr<CommandReply>> ForceCheck(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> GetEmail(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> GetLastError(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> GivePassword(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> EditPreferences(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> EditWatching(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> EditSending(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> ShowOutbox(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> Finger(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> EditRules(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> RegisterAccount(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> ChangeSettings(FeatureContext context, CommandStep step);
net::Task<absl::StatusOr<CommandReply>> RemoveAccounts(FeatureContext context, CommandStep step);

}  // namespace postern::xmpp_edge
