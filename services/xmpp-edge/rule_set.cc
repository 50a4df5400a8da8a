#include "services/xmpp-edge/rule_set.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/address.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/contacts_list.h"
#include "services/xmpp-edge/texts/rule_commands.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalAction;
using rules::v1::PersonalCondition;
using rules::v1::PersonalRule;

constexpr char kNotShown[] = "none";

// One condition about who sent it, each of its values an address or a whole domain.
bool NamesSenders(const PersonalRule& rule) {
  if (rule.conditions_size() != 1 || rule.conditions(0).negated()) return false;
  const PersonalCondition& condition = rule.conditions(0);
  if (condition.subject() != PersonalCondition::SUBJECT_FROM) return false;
  if (condition.comparison() == PersonalCondition::OPERATOR_IS) return true;
  return condition.comparison() == PersonalCondition::OPERATOR_ENDS &&
         absl::c_all_of(condition.values(),
                        [](const std::string& value) { return absl::StartsWith(value, "@"); });
}

bool AreContacts(const PersonalCondition& condition) {
  return condition.values().empty() ||
         (condition.values_size() == 1 && condition.values(0) == ContactsList::kName);
}

bool AsksForStrangers(const PersonalRule& rule) {
  return rule.conditions_size() == 1 &&
         rule.conditions(0).subject() == PersonalCondition::SUBJECT_CONTACT &&
         rule.conditions(0).negated() && AreContacts(rule.conditions(0));
}

}  // namespace

absl::Status NoRoom() {
  return words::Error(absl::StatusCode::kResourceExhausted, texts::TooManyRules(kMaxRules));
}

Standing StandingOf(const PersonalRule& rule) {
  if (rule.actions_size() != 1 || rule.stop()) return Standing::kNone;
  const PersonalAction& action = rule.actions(0);
  const bool hides = action.what() == PersonalAction::WHAT_DELIVER && action.value() == kNotShown;
  if (hides && AsksForStrangers(rule)) return Standing::kContactsOnly;
  if (!NamesSenders(rule)) return Standing::kNone;
  if (hides) return Standing::kMuted;
  return action.what() == PersonalAction::WHAT_URGENT ? Standing::kVip : Standing::kNone;
}

absl::StatusOr<std::string> ReadSender(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  absl::string_view domain = text;
  const bool whole_domain = absl::ConsumePrefix(&domain, "*@") || absl::ConsumePrefix(&domain, "@");
  // A name that would do for an address there is one.
  const auto address =
      mail::ParseAddress(whole_domain ? absl::StrCat("postmaster@", domain) : std::string(text));
  if (!address.ok() || text.size() > kMaxRuleValueBytes) {
    return words::Error(absl::StatusCode::kInvalidArgument,
                        texts::NoAddress(text.substr(0, kMaxRuleValueBytes)));
  }
  if (whole_domain) return absl::StrCat("@", absl::AsciiStrToLower(address->domain));
  return absl::AsciiStrToLower(address->Spec());
}

PersonalRule SenderRule(Standing standing, const std::string& sender) {
  PersonalRule rule;
  PersonalCondition& condition = *rule.add_conditions();
  condition.set_subject(PersonalCondition::SUBJECT_FROM);
  condition.set_comparison(absl::StartsWith(sender, "@") ? PersonalCondition::OPERATOR_ENDS
                                                         : PersonalCondition::OPERATOR_IS);
  condition.add_values(sender);
  PersonalAction& action = *rule.add_actions();
  if (standing == Standing::kVip) {
    action.set_what(PersonalAction::WHAT_URGENT);
  } else {
    action.set_what(PersonalAction::WHAT_DELIVER);
    action.set_value(kNotShown);
  }
  return rule;
}

PersonalRule ContactsOnlyRule(const std::string& account) {
  PersonalRule rule;
  rule.set_account(account);
  PersonalCondition& condition = *rule.add_conditions();
  condition.set_subject(PersonalCondition::SUBJECT_CONTACT);
  condition.set_comparison(PersonalCondition::OPERATOR_IS);
  condition.set_negated(true);
  condition.add_values(ContactsList::kName);
  PersonalAction& action = *rule.add_actions();
  action.set_what(PersonalAction::WHAT_DELIVER);
  action.set_value(kNotShown);
  return rule;
}

bool RemoveContactsOnly(const std::string& account, Rules& rules) {
  return std::erase_if(rules, [&account](const PersonalRule& rule) {
           return StandingOf(rule) == Standing::kContactsOnly &&
                  (account.empty() || rule.account().empty() || rule.account() == account);
         }) > 0;
}

void RemoveRule(size_t number, Rules& rules) {
  rules.erase(rules.begin() + static_cast<ptrdiff_t>(number) - 1);
}

bool MoveRule(size_t number, bool up, Rules& rules) {
  if (up ? number <= 1 : number >= rules.size()) return false;
  std::swap(rules[number - 1], rules[up ? number - 2 : number]);
  return true;
}

absl::Status CopyRule(size_t number, Rules& rules) {
  if (rules.size() >= kMaxRules) return NoRoom();
  PersonalRule copy = rules[number - 1];
  copy.clear_id();
  copy.set_disabled(true);
  rules.insert(rules.begin() + static_cast<ptrdiff_t>(number), std::move(copy));
  return absl::OkStatus();
}

PersonalRule* FindRule(absl::string_view id, Rules& rules) {
  if (id.empty()) return nullptr;
  for (PersonalRule& rule : rules) {
    if (rule.id() == id) return &rule;
  }
  return nullptr;
}

}  // namespace postern::xmpp_edge
