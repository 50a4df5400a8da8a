#include "services/xmpp-edge/rule_form.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/contacts_list.h"
#include "services/xmpp-edge/rule_text.h"
#include "services/xmpp-edge/settings_form.h"
#include "services/xmpp-edge/texts/rule_form.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalAction;
using rules::v1::PersonalCondition;
using rules::v1::PersonalRule;

// So many are offered, however few there are; so many can be made by form.
constexpr int kFewestRows = 3, kMostConditions = 20, kMostActions = 10;
constexpr char kNone[] = "";

int RowsFor(int there, int most) { return std::min(std::max(there + 1, kFewestRows), most); }

std::string Var(const char* name, int number) { return absl::StrCat(name, "-", number); }

FormField ListField(std::string var, std::string label, Choices choices, std::string value) {
  FormField field = TextField(var, std::move(label), std::move(value));
  field.type = "list-single";
  field.options = std::move(choices);
  return field;
}

FormField BooleanField(std::string var, std::string label, bool value) {
  FormField field = TextField(var, std::move(label), value ? "1" : "0");
  field.type = "boolean";
  return field;
}

Choices WithNothing(Choices choices, const Words& words) {
  choices.insert(choices.begin(), {texts::Nothing(words), kNone});
  return choices;
}

void AddCondition(const PersonalCondition& condition, int number, const Words& words,
                  DataForm& form) {
  form.fields.push_back(ListField(Var("condition", number), texts::LabelCondition(words, number),
                                  WithNothing(SubjectChoices(words), words),
                                  SubjectValue(condition)));
  form.fields.push_back(ListField(Var("comparison", number), texts::LabelComparison(words, number),
                                  ComparisonChoices(words), ComparisonValue(condition)));
  const auto& values = condition.values();
  form.fields.push_back(LinesField(Var("values", number), texts::LabelValues(words, number),
                                   std::vector<std::string>(values.begin(), values.end())));
  form.fields.push_back(
      TextField(Var("header", number), texts::LabelHeader(words, number), condition.header()));
}

void AddAction(const PersonalAction& action, int number, const Words& words, DataForm& form) {
  form.fields.push_back(ListField(Var("action", number), texts::LabelAction(words, number),
                                  WithNothing(ActionChoices(words), words), ActionValue(action)));
  const bool own = WantsValue(action);
  form.fields.push_back(LinesField(Var("value", number), texts::LabelActionValue(words, number),
                                   LinesOf(own ? action.value() : "")));
}

absl::Status Wrong(const words::Wording& why) {
  return words::Error(absl::StatusCode::kInvalidArgument, why);
}

std::string Text(const FieldValues& form, const std::string& var) {
  return std::string(absl::StripAsciiWhitespace(TextOf(form, var).value_or("")));
}

bool IsTrue(const FieldValues& form, const std::string& var, bool otherwise) {
  const auto text = TextOf(form, var);
  return text ? *text == "1" || *text == "true" : otherwise;
}

// The operators that make sense are few where something else than a text is looked at.
absl::Status Fit(int number, PersonalCondition& condition) {
  const auto comparison = condition.comparison();
  const bool relation = comparison == PersonalCondition::OPERATOR_OVER ||
                        comparison == PersonalCondition::OPERATOR_UNDER;
  switch (condition.subject()) {
    case PersonalCondition::SUBJECT_SIZE:
      return relation ? absl::OkStatus() : Wrong(texts::SizeWantsRelation(number));
    case PersonalCondition::SUBJECT_CONTACT:
      if (condition.values().empty()) condition.add_values(ContactsList::kName);
      [[fallthrough]];
    case PersonalCondition::SUBJECT_TIME:
    case PersonalCondition::SUBJECT_PRESENCE:
      condition.set_comparison(PersonalCondition::OPERATOR_IS);
      return absl::OkStatus();
    default:
      return relation ? Wrong(texts::ConditionCantRelate(number)) : absl::OkStatus();
  }
}

absl::Status CheckCondition(int number, PersonalCondition& condition) {
  const bool header = condition.subject() == PersonalCondition::SUBJECT_HEADER;
  if (header && condition.header().empty()) return Wrong(texts::ConditionWantsHeader(number));
  if (!header) condition.clear_header();
  if (absl::Status s = Fit(number, condition); !s.ok()) return s;
  if (condition.comparison() == PersonalCondition::OPERATOR_EXISTS) {
    condition.clear_values();
  } else if (condition.values().empty()) {
    return Wrong(texts::ConditionWantsValue(number));
  }
  return absl::OkStatus();
}

absl::Status ReadConditions(const FieldValues& form, PersonalRule& rule) {
  for (int number = 1; number <= kMostConditions; ++number) {
    const std::string subject = Text(form, Var("condition", number));
    if (subject.empty()) continue;
    PersonalCondition condition;
    if (!ReadSubject(subject, condition)) return Wrong(texts::ConditionUnknown(number));
    const std::string comparison = Text(form, Var("comparison", number));
    if (!ReadComparison(comparison.empty() ? "is" : comparison, condition)) {
      return Wrong(texts::ConditionUnknown(number));
    }
    const auto values = form.find(Var("values", number));
    if (values != form.end()) {
      for (const std::string& value : values->second) {
        const std::string tidy(absl::StripAsciiWhitespace(value));
        if (!tidy.empty()) condition.add_values(tidy);
      }
    }
    condition.set_header(Text(form, Var("header", number)));
    if (absl::Status s = CheckCondition(number, condition); !s.ok()) return s;
    *rule.add_conditions() = std::move(condition);
  }
  return absl::OkStatus();
}

absl::Status ReadActions(const FieldValues& form, PersonalRule& rule) {
  for (int number = 1; number <= kMostActions; ++number) {
    const std::string what = Text(form, Var("action", number));
    if (what.empty()) continue;
    PersonalAction action;
    if (!ReadAction(what, action)) return Wrong(texts::ActionUnknown(number));
    if (WantsValue(action)) {
      action.set_value(Text(form, Var("value", number)));
      if (action.value().empty()) return Wrong(texts::ActionWantsValue(number));
    }
    *rule.add_actions() = std::move(action);
  }
  return rule.actions().empty() ? Wrong(texts::NoActionChosen()) : absl::OkStatus();
}

}  // namespace

DataForm RuleForm(const PersonalRule& rule, const std::vector<std::string>& accounts,
                  const Words& words) {
  DataForm form;
  form.title = texts::RulesCommand(words);
  form.instructions = texts::RuleInstructions(words);
  form.fields.push_back(TextField("name", texts::LabelRuleName(words), GivenName(rule)));
  Choices offered{{texts::AllAccounts(words), kNone}};
  for (const std::string& account : accounts) offered.emplace_back(account, account);
  form.fields.push_back(
      ListField("account", texts::LabelRuleAccount(words), std::move(offered), rule.account()));
  Choices needed{{texts::AllConditions(words), "all"}, {texts::AnyCondition(words), "any"}};
  form.fields.push_back(
      ListField("any", texts::LabelAny(words), std::move(needed), rule.any() ? "any" : "all"));
  const int conditions = RowsFor(rule.conditions_size(), kMostConditions);
  for (int i = 0; i < conditions; ++i) {
    const bool there = i < rule.conditions_size();
    AddCondition(there ? rule.conditions(i) : PersonalCondition(), i + 1, words, form);
  }
  const int actions = RowsFor(rule.actions_size(), kMostActions);
  for (int i = 0; i < actions; ++i) {
    AddAction(i < rule.actions_size() ? rule.actions(i) : PersonalAction(), i + 1, words, form);
  }
  form.fields.push_back(BooleanField("stop", texts::LabelStop(words), rule.stop()));
  form.fields.push_back(BooleanField("on", texts::LabelRuleOn(words), !rule.disabled()));
  if (!accounts.empty()) {
    form.fields.push_back(BooleanField(kTryField, texts::LabelTryIt(words), false));
  }
  return form;
}

absl::StatusOr<PersonalRule> ReadRuleForm(const FieldValues& form, const PersonalRule& before,
                                          const std::vector<std::string>& accounts) {
  PersonalRule rule;
  rule.set_id(before.id());
  rule.set_name(Text(form, "name"));
  rule.set_account(Text(form, "account"));
  const bool known = rule.account().empty() || rule.account() == before.account() ||
                     absl::c_linear_search(accounts, rule.account());
  if (!known) return Wrong(texts::AccountUnknown());
  rule.set_any(Text(form, "any") == "any");
  rule.set_stop(IsTrue(form, "stop", before.stop()));
  rule.set_disabled(!IsTrue(form, "on", !before.disabled()));
  if (absl::Status s = ReadConditions(form, rule); !s.ok()) return s;
  if (absl::Status s = ReadActions(form, rule); !s.ok()) return s;
  return rule;
}

}  // namespace postern::xmpp_edge
