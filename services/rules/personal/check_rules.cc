#include "services/rules/personal/check_rules.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"
#include "services/rules/personal/check_action.h"
#include "services/rules/personal/check_condition.h"

namespace postern::rules::personal {
namespace {

constexpr uint32_t kMaxId = 99'999;

absl::Status Wrong(const std::string& field, const words::Wording& wording) {
  return words::Error(absl::StatusCode::kInvalidArgument, wording, field);
}

std::string FieldOf(const v1::PersonalRule& rule, int place) {
  return rule.id().empty() ? absl::StrCat("rule:#", place + 1) : absl::StrCat("rule:", rule.id());
}

Complaint CheckName(std::string& name) {
  const std::string clean = mail::CleanLine(name);
  const bool good = mail::IsUtf8(name) && !mail::HasControls(name) && !mail::HasBidiControls(name);
  name = clean;
  if (good && name.size() <= kMaxNameBytes) return std::nullopt;
  return words::Word("\"$0\" can't be a name: it has room for $1 bytes, without control characters",
                     std::string(mail::CutUtf8(clean, kMaxNameBytes)), kMaxNameBytes);
}

Complaint CheckParts(v1::PersonalRule& rule, absl::string_view user) {
  if (rule.conditions_size() > kMaxConditions)
    return words::Word("a rule has room for $0 conditions", kMaxConditions);
  if (rule.actions_size() > kMaxActions)
    return words::Word("a rule has room for $0 actions", kMaxActions);
  if (rule.actions().empty() && !rule.stop())
    return words::Word("a rule does not say what is to be done");
  for (v1::PersonalCondition& condition : *rule.mutable_conditions()) {
    if (Complaint wrong = CheckCondition(condition)) return wrong;
  }
  for (v1::PersonalAction& action : *rule.mutable_actions()) {
    if (Complaint wrong = CheckAction(action, rule, user)) return wrong;
  }
  return std::nullopt;
}

Complaint CheckRule(v1::PersonalRule& rule, absl::string_view user) {
  if (Complaint wrong = CheckName(*rule.mutable_name())) return wrong;
  if (Complaint wrong = CheckName(*rule.mutable_account())) return wrong;
  return CheckParts(rule, user);
}

// New ones count on; when the numbers are used up, the lowest that is free.
void GiveIds(v1::PersonalRules& rules, std::set<uint32_t> taken) {
  uint32_t next = std::max<uint32_t>(rules.next_id(), 1);
  if (!taken.empty()) next = std::max(next, *taken.rbegin() + 1);
  for (v1::PersonalRule& rule : *rules.mutable_rules()) {
    if (!rule.id().empty()) continue;
    if (next > kMaxId) {
      next = 1;
      while (taken.contains(next)) ++next;
    }
    taken.insert(next);
    rule.set_id(absl::StrCat("r", next++));
    while (taken.contains(next)) ++next;
  }
  rules.set_next_id(next);
}

}  // namespace

std::optional<uint32_t> NumberOf(absl::string_view id) {
  uint32_t number = 0;
  if (!absl::ConsumePrefix(&id, "r") || id.empty() || id.size() > 5 || id[0] == '0' ||
      !absl::SimpleAtoi(id, &number) || id != absl::StrCat(number))
    return std::nullopt;
  return number;
}

absl::Status CheckRules(v1::PersonalRules& rules, absl::string_view user) {
  if (rules.rules_size() > static_cast<int>(kMaxRules))
    return words::Error(absl::StatusCode::kResourceExhausted,
                        words::Word("there is room for $0 rules", kMaxRules));
  std::set<uint32_t> taken;
  for (int i = 0; i < rules.rules_size(); ++i) {
    v1::PersonalRule& rule = *rules.mutable_rules(i);
    const std::string field = FieldOf(rule, i);
    if (!rule.id().empty()) {
      const auto number = NumberOf(rule.id());
      if (!number || !taken.insert(*number).second)
        return absl::InvalidArgumentError(
            absl::StrCat(field, ": its id is not like r3, or two rules have it"));
    }
    if (Complaint wrong = CheckRule(rule, user)) return Wrong(field, *wrong);
  }
  GiveIds(rules, std::move(taken));
  return absl::OkStatus();
}

}  // namespace postern::rules::personal
