#include "services/rules/engine/actions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/engine/run_limits.h"
#include "services/rules/engine/words.h"

namespace postern::rules {
namespace {

template <typename Kind>
size_t Count(const Run& run) {
  return std::count_if(run.out.actions.begin(), run.out.actions.end(), [](const Action& action) {
    return std::holds_alternative<Kind>(action.kind);
  });
}

template <typename Kind>
Kind* Find(Run& run) {
  for (Action& action : run.out.actions) {
    if (Kind* kind = std::get_if<Kind>(&action.kind)) return kind;
  }
  return nullptr;
}

bool TriesToDeliver(const ActionKind& kind) {
  return std::holds_alternative<KeepAction>(kind) || std::holds_alternative<FileIntoAction>(kind) ||
         std::holds_alternative<RedirectAction>(kind);
}

// RFC 5228 section 2.10.3: the same twice is done once. Of a mailbox the last flags count.
bool IsRepeated(const KeepAction& keep, Run& run) {
  KeepAction* const before = Find<KeepAction>(run);
  if (before != nullptr) before->flags = keep.flags;
  return before != nullptr;
}
bool IsRepeated(const DiscardAction&, Run& run) { return Find<DiscardAction>(run) != nullptr; }
bool IsRepeated(const FileIntoAction& file, Run& run) {
  for (Action& action : run.out.actions) {
    auto* before = std::get_if<FileIntoAction>(&action.kind);
    if (before == nullptr || before->mailbox != file.mailbox ||
        before->special_use != file.special_use) {
      continue;
    }
    before->flags = file.flags;
    before->copy = before->copy && file.copy;
    before->create = before->create || file.create;
    return true;
  }
  return false;
}
bool IsRepeated(const RedirectAction& redirect, Run& run) {
  for (Action& action : run.out.actions) {
    auto* before = std::get_if<RedirectAction>(&action.kind);
    if (before == nullptr || before->headers_only != redirect.headers_only ||
        !std::equal(before->addresses.begin(), before->addresses.end(), redirect.addresses.begin(),
                    redirect.addresses.end(),
                    [](const auto& a, const auto& b) { return absl::EqualsIgnoreCase(a, b); })) {
      continue;
    }
    before->copy = before->copy && redirect.copy;
    return true;
  }
  return false;
}
bool IsRepeated(const QuarantineAction&, Run& run) {
  return Find<QuarantineAction>(run) != nullptr;
}
// The last one says how and when.
bool IsRepeated(const HoldAction& hold, Run& run) {
  HoldAction* const before = Find<HoldAction>(run);
  if (before != nullptr) *before = hold;
  return before != nullptr;
}
bool IsRepeated(const DeliverAction& deliver, Run& run) {
  for (Action& action : run.out.actions) {
    auto* before = std::get_if<DeliverAction>(&action.kind);
    if (before == nullptr || before->to != deliver.to) continue;
    before->form = deliver.form;
    return true;
  }
  return false;
}
template <typename Kind>
bool IsRepeated(const Kind&, Run&) {
  return false;
}

// RFC 5429 sections 2.1 and 2.4, RFC 5230 section 4.7: what can't be done together.
std::string ConflictOf(const ActionKind& kind, const Run& run) {
  const bool rejects = std::holds_alternative<RejectAction>(kind);
  const bool answers = std::holds_alternative<VacationAction>(kind);
  if (rejects && Count<RejectAction>(run) > 0) return "the mail is rejected twice";
  if (answers && Count<VacationAction>(run) > 0) return "vacation is used twice";
  if ((rejects && Count<VacationAction>(run) > 0) || (answers && Count<RejectAction>(run) > 0))
    return "a mail can't be rejected and answered by vacation";
  const bool delivers =
      std::any_of(run.out.actions.begin(), run.out.actions.end(),
                  [](const Action& action) { return TriesToDeliver(action.kind); });
  if ((rejects && delivers) || (TriesToDeliver(kind) && Count<RejectAction>(run) > 0))
    return "a mail can't be rejected and also kept, filed or redirected";
  return "";
}

// How many others get the mail by what is there.
size_t CountOthers(const Run& run) {
  size_t count = 0;
  for (const Action& action : run.out.actions) {
    const auto* deliver = std::get_if<DeliverAction>(&action.kind);
    if (deliver != nullptr) count += deliver->to.size();
  }
  return count;
}

std::string LimitOf(const ActionKind& kind, const Run& run) {
  const EvaluationLimits& limits = run.limits;
  const uint32_t redirects = MostRedirects(limits, run.operator_rule);
  const uint32_t notifies = MostNotifies(limits, run.operator_rule);
  if (std::holds_alternative<RedirectAction>(kind) && Count<RedirectAction>(run) >= redirects)
    return absl::StrCat("more than ", redirects, " redirects");
  if (std::holds_alternative<NotifyAction>(kind) && Count<NotifyAction>(run) >= notifies)
    return absl::StrCat("more than ", notifies, " notifications");
  const uint32_t others = MostOthers(limits, run.operator_rule);
  const auto* deliver = std::get_if<DeliverAction>(&kind);
  if (deliver != nullptr && deliver->to.size() + CountOthers(run) > others)
    return absl::StrCat("delivered to more than ", others, " Jabber addresses");
  if (run.out.actions.size() >= limits.actions)
    return absl::StrCat("more than ", limits.actions, " actions");
  return "";
}

bool CancelsKeep(const Action& action) {
  struct Canceller {
    bool operator()(const KeepAction&) { return true; }  // it is the keep
    bool operator()(const DiscardAction&) { return true; }
    bool operator()(const FileIntoAction& file) { return !file.copy; }
    bool operator()(const RedirectAction& redirect) { return !redirect.copy; }
    bool operator()(const RejectAction&) { return true; }
    bool operator()(const QuarantineAction&) { return true; }
    bool operator()(const DeliverAction& deliver) { return !deliver.to.empty(); }
    bool operator()(const VacationAction&) { return false; }
    bool operator()(const ReplyAction&) { return false; }
    bool operator()(const NotifyAction&) { return false; }
    bool operator()(const HoldAction&) { return false; }
    bool operator()(const NoteAction&) { return false; }
  };
  return std::visit(Canceller{}, action.kind);
}

Action MakeAction(ActionKind kind, const Run& run) {
  Action action;
  action.kind = std::move(kind);
  action.program = run.program.origin.hash;
  action.line = run.line;
  action.operator_rule = run.operator_rule;
  action.edits = static_cast<uint32_t>(run.out.edits.size());
  return action;
}

}  // namespace

void AddAction(ActionKind kind, Run& run) {
  if (const std::string conflict = ConflictOf(kind, run); !conflict.empty()) {
    run.Fail(conflict);
    return;
  }
  run.Say(InWords(kind), /*action=*/true);
  if (std::visit([&run](const auto& one) { return IsRepeated(one, run); }, kind)) return;
  if (const std::string limit = LimitOf(kind, run); !limit.empty()) {
    run.Fail(limit);
    return;
  }
  run.out.actions.push_back(MakeAction(std::move(kind), run));
}

void Conclude(Run& run) {
  Evaluation& out = run.out;
  if (run.failed()) {
    out.actions.clear();
    out.edits.clear();
    out.marks.clear();
    run.Say(absl::StrCat("error: ", out.error->message), /*action=*/true);
    run.line = 0;
  }
  const bool cancelled = std::any_of(out.actions.begin(), out.actions.end(), CancelsKeep);
  if (!cancelled) {
    KeepAction keep;
    keep.implicit = true;
    if (!run.failed()) keep.flags = run.flags;
    run.line = 0;
    out.actions.push_back(MakeAction(std::move(keep), run));
  }
  out.kept = Count<KeepAction>(run) > 0;
  out.stopped_by_reject = Count<RejectAction>(run) > 0;
  out.work = run.budget.steps();
}

}  // namespace postern::rules
