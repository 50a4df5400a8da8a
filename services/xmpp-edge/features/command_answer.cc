#include "services/xmpp-edge/features/command_answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/features/command_list.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/common.h"

namespace postern::xmpp_edge {
namespace {

Element Actions(const CommandReply& reply) {
  Element actions = MakeElement("actions");
  actions.Set("execute", reply.last ? "complete" : "next");
  if (reply.back) actions.Add(MakeElement("prev"));
  if (reply.onward) actions.Add(MakeElement("next"));
  if (reply.last) actions.Add(MakeElement("complete"));
  return actions;
}

}  // namespace

Element Refusal(const Element& iq, absl::string_view type, absl::string_view condition,
                absl::string_view own, absl::string_view text) {
  Element answer = ErrorAnswer(iq, type, condition, text);
  for (Element& child : answer.children) {
    if (child.name == "error") child.Add(MakeElement(own, kCommandsNs));
  }
  return answer;
}

Element Expired(const CommandRequest& request) {
  return Refusal(request.iq, "cancel", "not-allowed", "session-expired",
                 texts::SessionExpired(*request.words));
}

// "time_zone: is longer than 1024 bytes": words::Error names the field in front of the wording.
std::string NamingTheField(const absl::Status& why, const Words& words) {
  const auto wording = words::WordingOf(why);
  absl::string_view field = why.message();
  if (!wording || !absl::ConsumeSuffix(&field, words::English(*wording))) return words.Say(why);
  return absl::StrCat(field, words.Say(*wording));
}

Element FailureOf(const CommandRequest& request, const absl::Status& why) {
  const Words& words = *request.words;
  const bool worded = words::WordingOf(why).has_value();
  switch (why.code()) {
    case absl::StatusCode::kInvalidArgument:
      return Refusal(request.iq, "modify", "bad-request", "bad-payload",
                     NamingTheField(why, words));
    case absl::StatusCode::kNotFound:
      return ErrorAnswer(request.iq, "cancel", "item-not-found", worded ? words.Say(why) : "");
    case absl::StatusCode::kFailedPrecondition:
      return ErrorAnswer(request.iq, "wait", "recipient-unavailable", words.Say(why));
    case absl::StatusCode::kResourceExhausted:
      return ErrorAnswer(request.iq, "wait", "resource-constraint",
                         worded ? words.Say(why) : texts::TooMuchAtOnce(words));
    default:
      log::Info("command failed", {{"node", request.node}, {"why", why.message()}});
      return ErrorAnswer(request.iq, "wait", "remote-server-timeout",
                         worded ? words.Say(why) : texts::CommandNotNow(words));
  }
}

Element ToElement(CommandReply reply, const CommandSession& session) {
  Element command = MakeElement("command", kCommandsNs);
  command.Set("node", session.node).Set("sessionid", session.id);
  command.Set("status", reply.completed ? "completed" : "executing");
  if (!reply.completed) command.Add(Actions(reply));
  if (!reply.completed && reply.form) {
    reply.form->fields.push_back(HiddenField(kCommandStepField, absl::StrCat(session.steps)));
  }
  if (reply.form) command.Add(reply.form->ToElement());
  if (!reply.note.empty()) {
    Element note = MakeElement("note");
    note.Set("type", reply.note_is_error ? "error" : "info").SetText(reply.note);
    command.Add(std::move(note));
  }
  return command;
}

Element AskedAgain(const CommandRequest& request, const CommandSession& session) {
  Element command = session.answer;
  for (Element& form : command.children) {
    if (form.name != "x" || form.ns != kDataFormNs) continue;
    const std::string problem = NamingTheField(request.wrong_form, *request.words);
    const auto instructions =
        std::find_if(form.children.begin(), form.children.end(),
                     [](const Element& one) { return one.name == "instructions"; });
    if (instructions == form.children.end()) {
      form.AddText("instructions", problem);
    } else {
      instructions->SetText(problem);
    }
    if (request.form) FillIn(*request.form, form);
  }
  return AnswerOf(request, std::move(command));
}

Element AnswerOf(const CommandRequest& request, Element command) {
  Element answer = IqResult(request.iq);
  answer.Add(std::move(command));
  return answer;
}

Element Canceled(const CommandRequest& request) {
  Element command = MakeElement("command", kCommandsNs);
  command.Set("node", request.node).Set("sessionid", request.session).Set("status", "canceled");
  return AnswerOf(request, std::move(command));
}

}  // namespace postern::xmpp_edge
