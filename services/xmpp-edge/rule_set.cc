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

bool Has(const PersonalRule& rule, const std::string& sender) {
  return absl::c_any_of(rule.conditions(0).values(), [&sender](const std::string& value) {
    return absl::EqualsIgnoreCase(value, sender);
  });
}

absl::Status TooMany() {
  return words::Error(absl::StatusCode::kResourceExhausted, texts::TooManyRules(kMaxRules));
}

// Into a rule of its kind; false: there is none with room.
bool AddSenderTo(const PersonalRule& added, Rules& rules) {
  const PersonalCondition& condition = added.conditions(0);
  for (PersonalRule& rule : rules) {
    if (StandingOf(rule) != StandingOf(added) || rule.account() != added.account() ||
        rule.conditions(0).comparison() != condition.comparison() ||
        rule.conditions(0).values_size() + condition.values_size() > kMaxValues ||
        rule.disabled()) {
      continue;
    }
    rule.mutable_conditions(0)->mutable_values()->MergeFrom(condition.values());
    return true;
  }
  return false;
}

// Whether a rule that does the same is there, and on.
bool IsThere(const PersonalRule& added, Standing standing, Rules& rules) {
  for (PersonalRule& rule : rules) {
    if (standing == Standing::kNone || StandingOf(rule) != standing) continue;
    if (!rule.account().empty() && rule.account() != added.account()) continue;
    const bool same = standing == Standing::kContactsOnly ||
                      absl::c_all_of(added.conditions(0).values(),
                                     [&rule](const auto& value) { return Has(rule, value); });
    if (same && !rule.disabled()) return true;
  }
  return false;
}

void EraseSender(const std::string& sender, PersonalRule& rule) {
  auto& values = *rule.mutable_conditions(0)->mutable_values();
  values.erase(std::remove_if(
                   values.begin(), values.end(),
                   [&](const std::string& value) { return absl::EqualsIgnoreCase(value, sender); }),
               values.end());
}

// A condition without values would ask for something else.
void EraseEmptied(Standing standing, Rules& rules) {
  std::erase_if(rules, [standing](const PersonalRule& rule) {
    return rule.conditions_size() == 1 && rule.conditions(0).values().empty() &&
           StandingOf(rule) == standing;
  });
}

// The senders of `added` that rules of the other kind had, for the same mail; they have them no
// more. A rule that is off says nothing, and is left alone.
std::vector<std::string> TakeOutOfOther(const PersonalRule& added, Rules& rules) {
  const Standing standing = StandingOf(added);
  if (standing != Standing::kMuted && standing != Standing::kVip) return {};
  const Standing other = standing == Standing::kVip ? Standing::kMuted : Standing::kVip;
  std::vector<std::string> taken_out;
  for (const std::string& sender : added.conditions(0).values()) {
    bool found = false;
    for (PersonalRule& rule : rules) {
      const bool same_mail = added.account().empty() || rule.account() == added.account();
      if (StandingOf(rule) != other || rule.disabled() || !same_mail || !Has(rule, sender))
        continue;
      EraseSender(sender, rule);
      found = true;
    }
    if (found) taken_out.push_back(sender);
  }
  EraseEmptied(other, rules);
  return taken_out;
}

absl::StatusOr<bool> Put(PersonalRule rule, Rules& rules) {
  const Standing standing = StandingOf(rule);
  if (IsThere(rule, standing, rules)) return false;
  const bool of_senders = standing == Standing::kMuted || standing == Standing::kVip;
  if (of_senders && AddSenderTo(rule, rules)) return true;
  for (PersonalRule& other : rules) {
    const bool slept = standing == Standing::kContactsOnly && StandingOf(other) == standing &&
                       other.account() == rule.account();
    if (!slept) continue;
    other.set_disabled(false);
    return true;
  }
  if (rules.size() >= kMaxRules) return TooMany();
  const auto place = absl::c_find_if(
      rules, [standing](const PersonalRule& other) { return StandingOf(other) > standing; });
  rules.insert(place, std::move(rule));
  return true;
}

}  // namespace

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

absl::StatusOr<Added> AddRule(PersonalRule rule, Rules& rules) {
  Rules changed = rules;
  Added added;
  if (!rule.disabled()) added.taken_out = TakeOutOfOther(rule, changed);
  auto put = Put(std::move(rule), changed);
  if (!put.ok()) return put.status();
  added.changed = *put || !added.taken_out.empty();
  rules = std::move(changed);
  return added;
}

bool RemoveSender(Standing standing, const std::string& sender, Rules& rules) {
  bool found = false;
  for (PersonalRule& rule : rules) {
    if (StandingOf(rule) != standing || !Has(rule, sender)) continue;
    found = true;
    EraseSender(sender, rule);
  }
  EraseEmptied(standing, rules);
  return found;
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
  if (rules.size() >= kMaxRules) return TooMany();
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
