#include "services/rules/engine/evaluate.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/rules/engine/actions.h"
#include "services/rules/engine/flag_list.h"
#include "services/rules/engine/run.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxRecipients = 100;

void Apply(const std::vector<Edit>& edits, MessageView& message) {
  for (const Edit& edit : edits) {
    const auto* header = std::get_if<HeaderEdit>(&edit);
    if (header == nullptr) continue;
    if (header->add) {
      message.AddField(header->name, header->value, header->last);
    } else {
      message.DeleteField(header->name, header->occurrence);
    }
  }
}

// What one stage begins with.
struct Before {
  std::vector<std::string> flags;
  std::vector<Edit> edits;
};

Evaluation EvaluateFor(absl::string_view recipient, const Stage& stage, MessageView& message,
                       const Facts& facts, const EvaluationLimits& limits, const Before& before) {
  Run run(stage.program->program(), message, facts, limits, stage.operator_rule);
  run.recipient = recipient;
  run.flags = before.flags;
  Interpret(run, *stage.program);
  Conclude(run);
  return std::move(run.out);
}

// Whatever a run did to the header is undone when it counts for nothing.
void Restore(const Before& before, MessageView& message) {
  message.Reset();
  Apply(before.edits, message);
}

// JSMail: each recipient by itself. The mail is rejected when all refuse it; else what the first
// who doesn't has to say counts.
Evaluation EvaluateEach(const Stage& stage, MessageView& message, const Facts& facts,
                        const EvaluationLimits& limits, const Before& before) {
  std::vector<std::string> recipients = facts.recipients;
  if (recipients.empty()) recipients.emplace_back();
  recipients.resize(std::min(recipients.size(), kMaxRecipients));
  std::optional<Evaluation> rejected;
  std::vector<FactKey> missing;
  for (const std::string& recipient : recipients) {
    Evaluation one = EvaluateFor(recipient, stage, message, facts, limits, before);
    missing.insert(missing.end(), one.missing.begin(), one.missing.end());
    if (!one.stopped_by_reject) {
      one.missing = std::move(missing);
      return one;
    }
    Restore(before, message);
    if (!rejected) rejected = std::move(one);
  }
  rejected->missing = std::move(missing);
  return *std::move(rejected);
}

Evaluation EvaluateStage(const Stage& stage, MessageView& message, const Facts& facts,
                         const EvaluationLimits& limits, const Before& before) {
  Evaluation out = stage.program->program().for_each_recipient
                       ? EvaluateEach(stage, message, facts, limits, before)
                       : EvaluateFor("", stage, message, facts, limits, before);
  if (out.error) Restore(before, message);
  return out;
}

template <typename T>
void MoveTo(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// The keep of a stage is only that the next one is asked; its flags go along.
void TakeKeep(std::vector<Action>& actions, std::vector<std::string>& flags) {
  std::erase_if(actions, [&flags](const Action& action) {
    const auto* keep = std::get_if<KeepAction>(&action.kind);
    if (keep != nullptr) flags = keep->flags;
    return keep != nullptr;
  });
}

void Join(Evaluation stage, bool is_last, Evaluation& whole, Before& before) {
  const auto edits_before = static_cast<uint32_t>(whole.edits.size());
  for (Action& action : stage.actions) action.edits += edits_before;
  if (!is_last) TakeKeep(stage.actions, before.flags);
  MoveTo(stage.actions, whole.actions);
  MoveTo(stage.edits, whole.edits);
  MoveTo(stage.marks, whole.marks);
  MoveTo(stage.missing, whole.missing);
  MoveTo(stage.trace, whole.trace);
  if (stage.error && !whole.error) whole.error = std::move(stage.error);
  whole.kept = stage.kept;
  whole.stopped_by_reject = stage.stopped_by_reject;
  whole.work += stage.work;
  before.edits = whole.edits;
}

Evaluation JustKeep() {
  Evaluation kept;
  KeepAction keep;
  keep.implicit = true;
  kept.actions.push_back({std::move(keep)});
  return kept;
}

}  // namespace

Evaluation Evaluate(const PreparedProgram& program, MessageView& message, const Facts& facts,
                    const EvaluationLimits& limits) {
  // Not owned: the caller's lives on.
  const PreparedProgramPtr borrowed(PreparedProgramPtr(), &program);
  const Stage stages[] = {{borrowed}};
  return EvaluateStages(stages, message, facts, limits);
}

Evaluation EvaluateForeign(const PreparedProgram& program, MessageView& message, Facts& facts,
                           const EvaluationLimits& limits, Foreign& foreign) {
  Run run(program.program(), message, facts, limits, /*of_operator=*/false);
  run.foreign = &foreign;
  run.changeable_facts = &facts;
  run.flags = ReadFlags(facts.flags);
  Interpret(run, program);
  Conclude(run);
  return std::move(run.out);
}

Evaluation EvaluateStages(std::span<const Stage> stages, MessageView& message, const Facts& facts,
                          const EvaluationLimits& limits) {
  std::vector<Stage> there;
  for (const Stage& stage : stages) {
    if (stage.program) there.push_back(stage);
  }
  if (there.empty()) return JustKeep();
  Evaluation whole;
  Before before;
  for (size_t i = 0; i < there.size(); ++i) {
    Evaluation stage = EvaluateStage(there[i], message, facts, limits, before);
    const bool is_last = i + 1 == there.size() || !stage.kept;
    Join(std::move(stage), is_last, whole, before);
    if (is_last) break;
  }
  message.Reset();
  return whole;
}

}  // namespace postern::rules
