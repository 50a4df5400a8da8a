#include "services/rules/judging/verdict.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "lib/words/wording.h"
#include "services/rules/code_points.h"
#include "services/rules/judging/action_codec.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxMessageIdBytes = 998;
constexpr size_t kMaxFromCodePoints = 320;
constexpr size_t kMaxSubjectCodePoints = 200;
constexpr size_t kMaxReason = 600, kMaxReasons = 4;
constexpr int kMaxSteps = 20;  // of a trace that is recorded; as many notes
constexpr size_t kMaxStepCodePoints = 200;
constexpr int kMaxActions = 20;  // the same, and what is left out, and errors
constexpr size_t kMaxMailRefBytes = 1024;
constexpr char kMatched[] = " matched \"";

std::string Line(const TraceStep& step) {
  if (step.program.empty()) return step.text;
  if (!step.rule.empty()) return absl::StrCat(RuleInWords(step.rule, step.line), ": ", step.text);
  return absl::StrCat(step.program, ":", step.line, ": ", step.text);
}

// " matched \"win $$$\"" of the last test before the end; "" when no test says so.
std::string LastMatch(const std::vector<TraceStep>& trace) {
  for (auto step = trace.rbegin(); step != trace.rend(); ++step) {
    const size_t at = step->text.find(kMatched);
    if (!step->action && at != std::string::npos) return step->text.substr(at);
  }
  return "";
}

// A reject file's own words, "reject.txt:3: subject:x", and what they matched.
std::string ReasonOf(const Evaluation& evaluation) {
  for (const Action& action : evaluation.actions) {
    const auto* reject = std::get_if<RejectAction>(&action.kind);
    if (reject != nullptr) return absl::StrCat(reject->reason, LastMatch(evaluation.trace));
  }
  std::vector<std::string> lines;
  for (const TraceStep& step : evaluation.trace) {
    if (step.action && lines.size() < kMaxReasons) lines.push_back(Line(step));
  }
  return absl::StrJoin(lines, "; ");
}

const ProgramInForce* FindByHash(const Stages& stages, absl::string_view hash) {
  for (const ProgramInForce& one : stages.programs) {
    if (one.program->program().origin.hash == hash) return &one;
  }
  return nullptr;
}

const ProgramInForce* FindByName(const Stages& stages, absl::string_view name) {
  for (const ProgramInForce& one : stages.programs) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

v1::TraceStep StepOf(const TraceStep& step, const Stages& stages) {
  v1::TraceStep out = ToProto(step);
  const ProgramInForce* program = step.program.empty() ? nullptr : FindByName(stages, step.program);
  if (program == nullptr) return out;
  out.set_scope(program->scope);
  out.set_language(program->language);
  return out;
}

void NameProgram(const Stages& stages, v1::Action& action) {
  const ProgramInForce* program = FindByHash(stages, action.program());
  if (program == nullptr) return;
  action.set_program(mail::RepairUtf8(program->name));
  action.set_scope(program->scope);
  action.set_language(program->language);
}

words::Wording Failure(const ProgramInForce& failed, const RunError& error) {
  if (failed.language == v1::RULE_LANGUAGE_PERSONAL) {
    return words::Word("Your rules failed, and did nothing with the mail: $0", error.message);
  }
  return words::Word("Your script \"$0\" failed, and did nothing with the mail: $1", failed.name,
                     error.message);
}

// What operators did wrong is not their users' affair: it stands in the record of the mail.
void AddFailure(const Stages& stages, const RunError& error, v1::EvaluateResponse& response) {
  const ProgramInForce* failed = FindByHash(stages, error.program);
  if (failed == nullptr) return;
  if (!failed->operator_rule) {
    *response.add_errors() = WireText(Failure(*failed, error));
    return;
  }
  response.add_trace()->set_text(mail::RepairUtf8(
      absl::StrCat(failed->name, " failed, and did nothing with the mail: ", error.message)));
}

bool IsImplicitKeep(const v1::Action& action) {
  return action.has_keep() && action.keep().implicit() && action.keep().flags().empty();
}

template <class Items>
void AddFew(const Items& from, Items* to) {
  for (const auto& item : from) {
    if (to->size() < kMaxActions) *to->Add() = item;
  }
}

// What is not done though a rule asks for it, and what could not be run: it stands behind what
// rules say, and is of no program.
bool IsNote(const v1::TraceStep& step) { return step.program().empty(); }

std::string SenderOf(const mail::v1::Mail& mail) {
  if (mail.from().empty()) return Shorten(mail.envelope_from(), kMaxFromCodePoints);
  return Shorten(rpc::FromProto(mail.from(0)).Spec(), kMaxFromCodePoints);
}

}  // namespace

void FillResponse(const Evaluation& evaluation, const Stages& stages,
                  v1::EvaluateResponse& response) {
  if (evaluation.stopped_by_reject) response.set_verdict(v1::VERDICT_REJECT);
  response.set_reason(Shorten(mail::CleanLine(ReasonOf(evaluation)), kMaxReason));
  for (const Edit& edit : evaluation.edits) *response.add_edits() = ToProto(edit);
  for (const Mark& mark : evaluation.marks) {
    v1::Mark& out = *response.add_marks();
    out.set_key(mail::RepairUtf8(mark.key));
    out.set_seconds(mark.seconds);
  }
  for (const TraceStep& step : evaluation.trace) *response.add_trace() = StepOf(step, stages);
  for (const words::Wording& trouble : stages.troubles) *response.add_errors() = WireText(trouble);
  if (evaluation.error) AddFailure(stages, *evaluation.error, response);
}

void NamePrograms(const Stages& stages, v1::EvaluateResponse& response) {
  for (v1::Action& action : *response.mutable_actions()) NameProgram(stages, action);
  for (v1::LeftOut& one : *response.mutable_left_out()) {
    NameProgram(stages, *one.mutable_action());
  }
}

bool WasTouched(const v1::EvaluateResponse& response) {
  return response.verdict() == v1::VERDICT_REJECT || response.edits_size() > 0 ||
         response.errors_size() > 0 ||
         std::any_of(response.trace().begin(), response.trace().end(), IsNote) ||
         !std::all_of(response.actions().begin(), response.actions().end(), IsImplicitKeep);
}

bool IsWithheld(const v1::EvaluateResponse& response) {
  bool kept = false;
  for (const v1::Action& action : response.actions()) {
    if (action.has_hold() || action.deliver().form() == v1::Action::FORM_NONE) return true;
    kept = kept || action.has_keep();
  }
  return !kept;
}

v1::Decision MakeDecision(const v1::EvaluateRequest& request, const v1::EvaluateResponse& response,
                          const std::string& program_hash) {
  v1::Decision decision;
  decision.set_mail_id(request.mail_id());
  decision.set_user(request.user());
  decision.set_account_id(request.account_id());
  decision.set_message_id(
      std::string(mail::CutUtf8(request.mail().message_id(), kMaxMessageIdBytes)));
  decision.set_from(SenderOf(request.mail()));
  decision.set_subject(Shorten(request.mail().subject(), kMaxSubjectCodePoints));
  decision.set_verdict(response.verdict());
  decision.set_reason(response.reason());
  decision.set_program_hash(program_hash);
  if (request.mail_ref().size() <= kMaxMailRefBytes) decision.set_mail_ref(request.mail_ref());
  for (const v1::Action& action : response.actions()) {
    if (decision.actions_size() == kMaxActions) break;
    *decision.add_actions() = WithoutTexts(action);
  }
  AddFew(response.errors(), decision.mutable_errors());
  AddFew(response.left_out(), decision.mutable_left_out());
  int steps = 0, notes = 0;
  for (const v1::TraceStep& step : response.trace()) {
    if (++(IsNote(step) ? notes : steps) > kMaxSteps) continue;
    v1::TraceStep& kept = *decision.add_trace();
    kept = step;
    kept.set_text(Shorten(step.text(), kMaxStepCodePoints));
  }
  return decision;
}

}  // namespace postern::rules
