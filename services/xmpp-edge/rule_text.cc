#include "services/xmpp-edge/rule_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"
#include "services/xmpp-edge/contacts_list.h"
#include "services/xmpp-edge/texts/rules.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalAction;
using rules::v1::PersonalCondition;
using rules::v1::PersonalRule;
using Say = std::string (*)(const Words& words);
using SayOf = std::string (*)(const Words& words, absl::string_view value);
using SaySentence = std::string (*)(const Words& words, absl::string_view what,
                                    absl::string_view values);

constexpr int kMaxShownValues = 10;
constexpr size_t kMaxShownBytes = 200;  // of one value

constexpr struct {
  PersonalCondition::Subject subject;
  const char* value;
  Say say, in_sentence;  // as a choice, and with its article
} kSubjects[] = {
    {PersonalCondition::SUBJECT_FROM, "from", &texts::OfSender, &texts::TheSender},
    {PersonalCondition::SUBJECT_TO, "to", &texts::OfRecipient, &texts::TheRecipient},
    {PersonalCondition::SUBJECT_SUBJECT, "subject", &texts::OfSubject, &texts::TheSubject},
    {PersonalCondition::SUBJECT_BODY, "text", &texts::OfBody, &texts::TheBody},
    {PersonalCondition::SUBJECT_LIST, "list", &texts::OfList, &texts::TheList},
    {PersonalCondition::SUBJECT_CONTACT, "contact", &texts::OfContact, &texts::TheSender},
    {PersonalCondition::SUBJECT_ATTACHMENT, "attachment", &texts::OfAttachment,
     &texts::TheAttachment},
    {PersonalCondition::SUBJECT_SIZE, "size", &texts::OfSize, &texts::TheSize},
    {PersonalCondition::SUBJECT_TIME, "time", &texts::OfTime, &texts::TheTime},
    {PersonalCondition::SUBJECT_PRESENCE, "presence", &texts::OfPresence, &texts::ThePresence},
    {PersonalCondition::SUBJECT_FOLDER, "folder", &texts::OfFolder, &texts::TheFolder},
    {PersonalCondition::SUBJECT_HEADER, "header", &texts::OfHeader, &texts::OfHeader},
};

constexpr struct {
  PersonalCondition::Operator comparison;
  const char* value;
  Say say, negated;
  SaySentence sentence, negated_sentence;
} kComparisons[] = {
    {PersonalCondition::OPERATOR_CONTAINS, "contains", &texts::Contains, &texts::ContainsNot,
     &texts::SaysContains, &texts::SaysContainsNot},
    {PersonalCondition::OPERATOR_IS, "is", &texts::Is, &texts::IsNot, &texts::SaysIs,
     &texts::SaysIsNot},
    {PersonalCondition::OPERATOR_BEGINS, "begins", &texts::Begins, &texts::BeginsNot,
     &texts::SaysBegins, &texts::SaysBeginsNot},
    {PersonalCondition::OPERATOR_ENDS, "ends", &texts::Ends, &texts::EndsNot, &texts::SaysEnds,
     &texts::SaysEndsNot},
    {PersonalCondition::OPERATOR_MATCHES, "matches", &texts::Matches, &texts::MatchesNot,
     &texts::SaysMatches, &texts::SaysMatchesNot},
    {PersonalCondition::OPERATOR_REGEX, "regex", &texts::FitsRegex, &texts::FitsRegexNot,
     &texts::SaysFitsRegex, &texts::SaysFitsRegexNot},
    {PersonalCondition::OPERATOR_OVER, "over", &texts::IsOver, &texts::IsUnder, &texts::SaysIsOver,
     &texts::SaysIsUnder},
    {PersonalCondition::OPERATOR_UNDER, "under", &texts::IsUnder, &texts::IsOver,
     &texts::SaysIsUnder, &texts::SaysIsOver},
    {PersonalCondition::OPERATOR_EXISTS, "exists", &texts::Exists, &texts::ExistsNot,
     &texts::SaysExists, &texts::SaysExistsNot},
};

// Of WHAT_DELIVER one row for each form.
constexpr struct {
  PersonalAction::What what;
  const char* form;  // the value that goes with it; null: its user says one
  const char* value;
  Say say;               // as a choice
  SayOf with = nullptr;  // with what its user said
} kActions[] = {
    {PersonalAction::WHAT_DELIVER, "none", "none", &texts::ShowNot},
    {PersonalAction::WHAT_DELIVER, "headers", "headers", &texts::ShowHeaders},
    {PersonalAction::WHAT_DELIVER, "digest", "digest", &texts::ShowInDigest},
    {PersonalAction::WHAT_DELIVER, "full", "full", &texts::ShowWhole},
    {PersonalAction::WHAT_URGENT, "", "urgent", &texts::ShowUrgently},
    {PersonalAction::WHAT_FILE, nullptr, "file", &texts::MoveTo, &texts::MoveToFolder},
    {PersonalAction::WHAT_COPY, nullptr, "copy", &texts::CopyTo, &texts::CopyToFolder},
    {PersonalAction::WHAT_FLAG, nullptr, "flag", &texts::MarkWith, &texts::MarkWithFlag},
    {PersonalAction::WHAT_REDIRECT, nullptr, "redirect", &texts::SendOnTo, &texts::SendOnToAddress},
    {PersonalAction::WHAT_COPY_TO, nullptr, "copy-to", &texts::SendCopyTo,
     &texts::SendCopyToAddress},
    {PersonalAction::WHAT_NOTIFY, nullptr, "notify", &texts::NotifyOf, &texts::NotifyAddress},
    {PersonalAction::WHAT_HOLD, nullptr, "hold", &texts::HoldUntil, &texts::HoldUntilTime},
    {PersonalAction::WHAT_REPLY, nullptr, "reply", &texts::AnswerWith, &texts::AnswerWithText},
    {PersonalAction::WHAT_QUARANTINE, "", "quarantine", &texts::Quarantine},
    {PersonalAction::WHAT_DISCARD, "", "discard", &texts::Discard},
};

std::string Shown(absl::string_view text) {
  return mail::CleanLine(mail::CutUtf8(text, kMaxShownBytes));
}

// Sizes, hours and states of presence are no texts of mails.
bool IsQuoted(PersonalCondition::Subject subject) {
  return subject != PersonalCondition::SUBJECT_SIZE && subject != PersonalCondition::SUBJECT_TIME &&
         subject != PersonalCondition::SUBJECT_PRESENCE;
}

std::string ValuesText(const PersonalCondition& condition, const Words& words) {
  const bool quoted = IsQuoted(condition.subject());
  std::vector<std::string> shown;
  for (const std::string& value : condition.values()) {
    if (static_cast<int>(shown.size()) == kMaxShownValues) break;
    shown.push_back(quoted ? texts::Quoted(words, Shown(value)) : Shown(value));
  }
  const int more = condition.values_size() - static_cast<int>(shown.size());
  const std::string rest = more > 0 ? absl::StrCat(" +", more) : "";
  return absl::StrCat(absl::StrJoin(shown, texts::Or(words)), rest);
}

std::string ContactText(const PersonalCondition& condition, const Words& words) {
  const bool own = condition.values().empty() ||
                   (condition.values_size() == 1 && condition.values(0) == ContactsList::kName);
  if (own) return condition.negated() ? texts::IsNoContact(words) : texts::IsContact(words);
  const std::string lists = ValuesText(condition, words);
  return condition.negated() ? texts::IsNotInList(words, lists) : texts::IsInList(words, lists);
}

std::string SubjectText(const PersonalCondition& condition, const Words& words) {
  if (condition.subject() == PersonalCondition::SUBJECT_HEADER) {
    return texts::TheHeader(words, Shown(condition.header()));
  }
  for (const auto& known : kSubjects) {
    if (known.subject == condition.subject()) return known.in_sentence(words);
  }
  return texts::UnknownPart(words);
}

// Of what a mail has or lacks; empty: it is said as of any other.
std::string ExistenceText(const PersonalCondition& condition, const Words& words) {
  const bool negated = condition.negated();
  if (condition.subject() == PersonalCondition::SUBJECT_ATTACHMENT) {
    return negated ? texts::HasNoAttachment(words) : texts::HasAttachment(words);
  }
  if (condition.subject() == PersonalCondition::SUBJECT_LIST) {
    return negated ? texts::IsFromNoList(words) : texts::IsFromList(words);
  }
  return "";
}

std::string ConditionText(const PersonalCondition& condition, const Words& words) {
  if (condition.subject() == PersonalCondition::SUBJECT_CONTACT) {
    return ContactText(condition, words);
  }
  // "The mail has an attachment", "the time is 22:00-07:00": however it was made.
  const bool exists = condition.values().empty();
  if (std::string text = exists ? ExistenceText(condition, words) : ""; !text.empty()) return text;
  const auto comparison = exists ? PersonalCondition::OPERATOR_EXISTS
                          : condition.comparison() == PersonalCondition::OPERATOR_UNSPECIFIED
                              ? PersonalCondition::OPERATOR_IS
                              : condition.comparison();
  for (const auto& known : kComparisons) {
    if (known.comparison != comparison) continue;
    const SaySentence say = condition.negated() ? known.negated_sentence : known.sentence;
    return say(words, SubjectText(condition, words), ValuesText(condition, words));
  }
  return texts::UnknownPart(words);
}

std::string ActionsText(const PersonalRule& rule, const Words& words) {
  std::vector<std::string> done;
  for (const PersonalAction& action : rule.actions()) done.push_back(ActionText(action, words));
  std::string text = absl::StrJoin(done, texts::And(words));
  if (rule.stop()) absl::StrAppend(&text, ", ", texts::NothingAfter(words));
  return text;
}

}  // namespace

std::string ActionText(const PersonalAction& action, const Words& words) {
  for (const auto& known : kActions) {
    if (known.what != action.what()) continue;
    if (known.form == nullptr) return known.with(words, Shown(action.value()));
    if (known.form == action.value() || known.form[0] == '\0') return known.say(words);
  }
  return texts::UnknownPart(words);
}

std::string GivenName(const PersonalRule& rule) {
  const std::string number = rule.id().substr(std::min<size_t>(rule.id().size(), 1));
  return rule.name() == absl::StrCat("Rule ", number) ? "" : rule.name();
}

std::string RuleText(const PersonalRule& rule, const Words& words) {
  std::vector<std::string> asked;
  for (const PersonalCondition& condition : rule.conditions()) {
    asked.push_back(ConditionText(condition, words));
  }
  const std::string done = ActionsText(rule, words);
  std::string text =
      asked.empty()
          ? texts::RuleForAll(words, done)
          : texts::RuleSentence(
                words, absl::StrJoin(asked, rule.any() ? texts::Or(words) : texts::And(words)),
                done);
  const std::string name = GivenName(rule);
  if (!name.empty()) text = absl::StrCat(Shown(name), " - ", text);
  if (!rule.account().empty()) {
    absl::StrAppend(&text, " ", texts::InAccount(words, Shown(rule.account())));
  }
  if (rule.disabled()) absl::StrAppend(&text, " ", texts::IsOff(words));
  return text;
}

Choices SubjectChoices(const Words& words) {
  Choices choices;
  for (const auto& known : kSubjects) {
    choices.emplace_back(known.say(words), known.value);
  }
  return choices;
}

Choices ComparisonChoices(const Words& words) {
  Choices choices;
  for (const auto& known : kComparisons) {
    choices.emplace_back(known.say(words), known.value);
    // What is not over is under.
    const bool relation = known.comparison == PersonalCondition::OPERATOR_OVER ||
                          known.comparison == PersonalCondition::OPERATOR_UNDER;
    if (!relation) choices.emplace_back(known.negated(words), absl::StrCat("!", known.value));
  }
  return choices;
}

Choices ActionChoices(const Words& words) {
  Choices choices;
  for (const auto& known : kActions) choices.emplace_back(known.say(words), known.value);
  return choices;
}

std::string SubjectValue(const PersonalCondition& condition) {
  for (const auto& known : kSubjects) {
    if (known.subject == condition.subject()) return known.value;
  }
  return "";
}

bool ReadSubject(absl::string_view value, PersonalCondition& condition) {
  for (const auto& known : kSubjects) {
    if (value != known.value) continue;
    condition.set_subject(known.subject);
    return true;
  }
  return false;
}

std::string ComparisonValue(const PersonalCondition& condition) {
  for (const auto& known : kComparisons) {
    if (known.comparison != condition.comparison()) continue;
    return absl::StrCat(condition.negated() ? "!" : "", known.value);
  }
  return condition.negated() ? "!is" : "is";
}

bool ReadComparison(absl::string_view value, PersonalCondition& condition) {
  condition.set_negated(absl::ConsumePrefix(&value, "!"));
  for (const auto& known : kComparisons) {
    if (value != known.value) continue;
    condition.set_comparison(known.comparison);
    return true;
  }
  return false;
}

std::string ActionValue(const PersonalAction& action) {
  for (const auto& known : kActions) {
    if (known.what != action.what()) continue;
    const bool any = known.form == nullptr || known.form[0] == '\0';
    if (any || known.form == action.value()) return known.value;
  }
  return "";
}

bool ReadAction(absl::string_view value, PersonalAction& action) {
  for (const auto& known : kActions) {
    if (value != known.value) continue;
    action.set_what(known.what);
    if (known.form != nullptr) action.set_value(known.form);
    return true;
  }
  return false;
}

bool WantsValue(const PersonalAction& action) {
  for (const auto& known : kActions) {
    if (known.what == action.what()) return known.form == nullptr;
  }
  return false;
}

}  // namespace postern::xmpp_edge
