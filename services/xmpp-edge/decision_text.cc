#include "services/xmpp-edge/decision_text.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/utf8.h"
#include "services/xmpp-edge/rule_text.h"
#include "services/xmpp-edge/texts/mail.h"
#include "services/xmpp-edge/texts/rules.h"
#include "services/xmpp-edge/texts/why.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::Action;
using rules::v1::Decision;
using rules::v1::PersonalAction;

constexpr char kPersonal[] = "rules";  // Action.program of personal rules; line N is rule "rN"
constexpr size_t kMaxShown = 200;

std::string Shown(absl::string_view text) {
  return mail::CleanLine(mail::CutUtf8(text, kMaxShown));
}

std::string Personal(PersonalAction::What what, const std::string& value, const Words& words) {
  PersonalAction action;
  action.set_what(what);
  action.set_value(value);
  return ActionText(action, words);
}

std::string FormText(const Action::Deliver& deliver, const Words& words) {
  if (deliver.to_size() > 0) {
    return texts::WasShownTo(words, Shown(absl::StrJoin(deliver.to(), ", ")));
  }
  switch (deliver.form()) {
    case Action::FORM_NONE:
      return texts::ShowNot(words);
    case Action::FORM_HEADERS:
      return texts::ShowHeaders(words);
    case Action::FORM_DIGEST:
      return texts::ShowInDigest(words);
    default:
      return texts::ShowUrgently(words);
  }
}

std::string FiledText(const Action::FileInto& file, const Words& words) {
  const std::string& folder = file.mailbox().empty() ? file.special_use() : file.mailbox();
  return Personal(file.copy() ? PersonalAction::WHAT_COPY : PersonalAction::WHAT_FILE, folder,
                  words);
}

std::string RedirectText(const Action::Redirect& redirect, const Words& words) {
  return Personal(redirect.copy() ? PersonalAction::WHAT_COPY_TO : PersonalAction::WHAT_REDIRECT,
                  absl::StrJoin(redirect.addresses(), ", "), words);
}

// What was done; empty: nothing worth telling.
std::string DoneText(const Action& action, const Words& words) {
  switch (action.kind_case()) {
    case Action::kKeep:
      if (!action.keep().flags().empty()) {
        return texts::WasMarked(words, Shown(absl::StrJoin(action.keep().flags(), " ")));
      }
      return action.keep().implicit() ? "" : texts::WasKept(words);
    case Action::kDiscard:
      return texts::Discard(words);
    case Action::kFileInto:
      return FiledText(action.file_into(), words);
    case Action::kRedirect:
      return RedirectText(action.redirect(), words);
    case Action::kReject:
      return texts::WasRejected(words);
    case Action::kAnswer:
      return texts::WasAnswered(words, Shown(action.answer().to()));
    case Action::kNotify:
      return Personal(PersonalAction::WHAT_NOTIFY, action.notify().method(), words);
    case Action::kDeliver:
      return FormText(action.deliver(), words);
    case Action::kHold:
      return texts::WasHeld(words, texts::ReadableDate(words, action.hold().until_unix()));
    case Action::kQuarantine:
      return texts::Quarantine(words);
    case Action::kNote:
      return texts::WasNoted(words);
    default:
      return "";
  }
}

std::string RuleOf(const Action& action, const Rules& rules, const Words& words) {
  if (action.program() != kPersonal) {
    return texts::LineOfScript(words, Shown(action.program()), action.line());
  }
  const std::string id = absl::StrCat("r", action.line());
  for (size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].id() == id) return texts::YourRule(words, i + 1, RuleText(rules[i], words));
  }
  return texts::YourFormerRule(words);
}

}  // namespace

bool WasKeptBack(const Decision& decision, int64_t now_unix) {
  if (decision.verdict() == rules::v1::VERDICT_REJECT) return true;
  bool kept = decision.actions().empty(), shown = false, hidden = false, later = false;
  for (const Action& action : decision.actions()) {
    kept = kept || action.has_keep();
    if (action.has_hold()) later = action.hold().until_unix() > now_unix;
    if (action.has_hold()) kept = true;
    if (action.has_quarantine() || action.has_reject()) return true;
    if (!action.has_deliver() || action.deliver().to_size() > 0) continue;
    hidden = action.deliver().form() == Action::FORM_NONE;
    shown = !hidden;
  }
  return hidden || later || (!kept && !shown);
}

bool IsInQuarantine(const Decision& decision) {
  for (const Action& action : decision.actions()) {
    if (action.has_quarantine()) return true;
  }
  return false;
}

std::string DecisionText(const Decision& decision, const Rules& rules, const Words& words) {
  std::vector<std::string> done;
  for (const Action& action : decision.actions()) {
    const std::string what = DoneText(action, words);
    if (what.empty()) continue;
    // What is kept because nothing else was done is kept by no rule.
    const bool by_rule = !action.program().empty() && !action.keep().implicit();
    done.push_back(by_rule ? texts::DoneBy(words, what, RuleOf(action, rules, words)) : what);
  }
  if (!done.empty()) return absl::StrJoin(done, "; ");
  // Without actions it is a record of before, or only the text was changed.
  if (decision.verdict() == rules::v1::VERDICT_REJECT) {
    return texts::DoneBy(words, texts::WasRejected(words), Shown(decision.reason()));
  }
  return decision.reason().empty() ? texts::WasEdited(words) : Shown(decision.reason());
}

std::string SubjectOf(const Decision& decision, const Words& words) {
  const std::string subject = Shown(decision.subject());
  return subject.empty() ? texts::NoSubject(words) : subject;
}

std::string SenderTextOf(const Decision& decision, const Words& words) {
  const std::string sender = Shown(decision.from());
  return sender.empty() ? texts::NoSender(words) : sender;
}

std::string DecisionLine(const Decision& decision, const Rules& rules, const Words& words) {
  return texts::DecisionLine(words, texts::ReadableDate(words, decision.decided_unix()),
                             SubjectOf(decision, words), SenderTextOf(decision, words),
                             DecisionText(decision, rules, words));
}

}  // namespace postern::xmpp_edge
