#include "services/rules/answers/left_out.h"

#include <algorithm>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/engine/action_json.h"

namespace postern::rules {
namespace {

// Behind the step of the action.
void Say(const Action& action, std::string why, std::vector<TraceStep>& trace) {
  const absl::string_view name = ActionName(action);
  const auto step = std::find_if(trace.begin(), trace.end(), [&](const TraceStep& one) {
    return one.action && one.line == action.line && absl::StartsWith(one.text, name);
  });
  if (step == trace.end()) {
    trace.push_back({"", action.line, std::move(why), true});
    return;
  }
  TraceStep said = *step;
  said.text = std::move(why);
  trace.insert(step + 1, std::move(said));
}

}  // namespace

AnswerCase CaseOf(const Action& action, const Facts& facts, const MessageView& mail) {
  AnswerCase answer{mail, facts.own_addresses, facts.envelope_from, facts.envelope_known};
  answer.age = facts.now - facts.received;
  answer.is_news = facts.answers;
  // RFC 5230 section 4.5: addresses that are the user's, too.
  if (const auto* vacation = std::get_if<VacationAction>(&action.kind)) {
    answer.own_addresses.insert(answer.own_addresses.end(), vacation->addresses.begin(),
                                vacation->addresses.end());
  }
  return answer;
}

std::optional<words::Wording> WhyLeftOut(const Action& action, const AnswerCase& answer) {
  const bool answers = std::holds_alternative<VacationAction>(action.kind) ||
                       std::holds_alternative<ReplyAction>(action.kind);
  if (!answers) return std::nullopt;
  return WhyNotAnswered(answer);
}

std::string LeftOutLine(absl::string_view action, const words::Wording& why) {
  return absl::StrCat(action, " left out: ", words::English(why));
}

void LeaveOutAnswers(const Facts& facts, const MessageView& mail, Evaluation& evaluation) {
  std::erase_if(evaluation.actions, [&](const Action& action) {
    AnswerCase answer = CaseOf(action, facts, mail);
    answer.addresses_known = !facts.own_addresses.empty();
    const auto why = WhyLeftOut(action, answer);
    if (why) Say(action, LeftOutLine(ActionName(action), *why), evaluation.trace);
    return why.has_value();
  });
}

}  // namespace postern::rules
