#include "services/xmpp-edge/decision_text.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/rule_text.h"
#include "services/xmpp-edge/texts/mail.h"
#include "services/xmpp-edge/texts/rules.h"
#include "services/xmpp-edge/texts/why.h"
#include "services/xmpp-edge/user_zone.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::Action;
using rules::v1::Decision;
using rules::v1::Mishap;
using rules::v1::PersonalAction;
using rules::v1::TraceStep;

constexpr char kPersonal[] = "rules";  // Action.program of personal rules; line N is rule "rN"
constexpr size_t kMaxShown = 300;

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
std::string DoneText(const Action& action, absl::TimeZone zone, const Words& words) {
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
      return texts::WasHeld(words, TimeIn(zone, action.hold().until_unix(), words));
    case Action::kQuarantine:
      return texts::Quarantine(words);
    case Action::kNote:
      return texts::WasNoted(words);
    default:
      return "";
  }
}

std::string PersonalRuleOf(uint32_t line, const Rules& rules, const Words& words) {
  const std::string id = absl::StrCat("r", line);
  for (size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].id() == id) return texts::YourRule(words, i + 1, RuleText(rules[i], words));
  }
  return texts::YourFormerRule(words);
}

// Which rule it was that said so: of an Action or a TraceStep. Files of operators are not for
// their users.
template <class Said>
std::string RuleOf(const Said& said, const Rules& rules, const Words& words) {
  const bool before_scopes = said.scope().empty();  // recorded by an older version
  const bool personal = before_scopes ? said.program() == kPersonal
                                      : said.language() == rules::v1::RULE_LANGUAGE_PERSONAL;
  if (personal) return PersonalRuleOf(said.line(), rules, words);
  const std::string name = Shown(said.program());
  if (before_scopes) return texts::LineOfScript(words, name, said.line());
  const bool own =
      said.language() == rules::v1::RULE_LANGUAGE_SIEVE && absl::StrContains(said.scope(), '@');
  return own ? texts::YourScript(words, name, said.line()) : texts::GatewaysRule(words);
}

// The last step that set one of the flags; null: it is not on record.
const TraceStep* WhoMarked(const Decision& decision) {
  const TraceStep* found = nullptr;
  for (const TraceStep& step : decision.trace()) {
    const bool marks =
        absl::StartsWith(step.text(), "addflag ") || absl::StartsWith(step.text(), "setflag ");
    if (step.action() && marks) found = &step;
  }
  return found;
}

std::string WithRule(const std::string& done, const Action& action, const Decision& decision,
                     const Rules& rules, const Words& words) {
  // What is kept because nothing else was done is kept by no rule, but some rule has marked it.
  if (action.has_keep() && action.keep().implicit()) {
    const TraceStep* const step = WhoMarked(decision);
    return step == nullptr ? done : texts::DoneBy(words, done, RuleOf(*step, rules, words));
  }
  if (action.program().empty()) return done;
  return texts::DoneBy(words, done, RuleOf(action, rules, words));
}

const Mishap* MishapOf(int action, const Decision& decision) {
  for (const Mishap& mishap : decision.mishaps()) {
    if (static_cast<int>(mishap.action()) == action) return &mishap;
  }
  return nullptr;
}

std::string NotDone(const std::string& what, const mail::v1::Wording& why, const Words& words) {
  if (why.text().empty()) return texts::WasNotTried(words, what);
  return texts::WasNotDone(words, what, Shown(words.Say(rpc::FromProto(why))));
}

// The change of a mail that was only changed. Steps of a program that failed count for nothing.
std::string ChangeText(const Decision& decision, const Rules& rules, const Words& words) {
  const TraceStep* change = nullptr;
  for (const TraceStep& step : decision.trace()) {
    if (!step.action()) {
      if (step.program().empty()) return texts::WasLeft(words);
      continue;
    }
    if (!step.program().empty()) change = &step;
  }
  if (change == nullptr) return texts::WasLeft(words);
  return texts::DoneBy(words, texts::WasEdited(words), RuleOf(*change, rules, words));
}

}  // namespace

bool WasKeptBack(const Decision& decision, int64_t now_unix) {
  if (decision.shown_instead()) return false;
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

std::string DecisionText(const Decision& decision, const Rules& rules, absl::TimeZone zone,
                         const Words& words) {
  std::vector<std::string> done;
  for (const mail::v1::Wording& error : decision.errors()) {
    done.push_back(Shown(words.Say(rpc::FromProto(error))));
  }
  for (int i = 0; i < decision.actions_size(); ++i) {
    const Action& action = decision.actions(i);
    std::string what = DoneText(action, zone, words);
    if (what.empty()) continue;
    what = WithRule(what, action, decision, rules, words);
    const Mishap* const mishap = MishapOf(i, decision);
    done.push_back(mishap == nullptr ? what : NotDone(what, mishap->why(), words));
  }
  for (const rules::v1::LeftOut& one : decision.left_out()) {
    const std::string what = DoneText(one.action(), zone, words);
    const std::string by = WithRule(what, one.action(), decision, rules, words);
    if (!what.empty()) done.push_back(NotDone(by, one.why(), words));
  }
  if (decision.shown_instead()) done.push_back(texts::WasShownInstead(words));
  if (!done.empty()) return absl::StrJoin(done, "; ");
  if (decision.verdict() == rules::v1::VERDICT_REJECT) return texts::WasRejected(words);
  return ChangeText(decision, rules, words);
}

std::string SubjectOf(const Decision& decision, const Words& words) {
  const std::string subject = Shown(decision.subject());
  return subject.empty() ? texts::NoSubject(words) : subject;
}

std::string SenderTextOf(const Decision& decision, const Words& words) {
  const std::string sender = Shown(decision.from());
  return sender.empty() ? texts::NoSender(words) : sender;
}

std::string DecisionLine(const Decision& decision, const Rules& rules, absl::TimeZone zone,
                         const Words& words) {
  return texts::DecisionLine(words, TimeIn(zone, decision.decided_unix(), words),
                             SubjectOf(decision, words), SenderTextOf(decision, words),
                             DecisionText(decision, rules, zone, words));
}

}  // namespace postern::xmpp_edge
