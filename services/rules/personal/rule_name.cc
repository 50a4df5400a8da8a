#include "services/rules/personal/rule_name.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/utf8.h"
#include "services/rules/personal/complaint.h"

namespace postern::rules::personal {
namespace {

constexpr char kMore[] = "…";

// "copy to" of WHAT_COPY_TO.
std::string Tidy(const std::string& name, absl::string_view prefix) {
  const size_t at = absl::StartsWith(name, prefix) ? prefix.size() : 0;
  return absl::AsciiStrToLower(absl::StrReplaceAll(name.substr(at), {{"_", " "}}));
}

std::string ConditionName(const v1::PersonalCondition& condition) {
  using C = v1::PersonalCondition;
  const std::string values = absl::StrJoin(condition.values(), ", ");
  if (condition.subject() == C::SUBJECT_CONTACT) {
    return absl::StrCat(condition.negated() ? "from not in " : "from in ",
                        values.empty() ? "contacts" : values);
  }
  std::string what = Tidy(C::Subject_Name(condition.subject()), "SUBJECT_");
  if (condition.subject() == C::SUBJECT_HEADER) what = condition.header();
  const bool exists = condition.values().empty();
  const auto comparison = exists ? C::OPERATOR_EXISTS : condition.comparison();
  const std::string how = Tidy(C::Operator_Name(comparison), "OPERATOR_");
  return absl::StrCat(condition.negated() ? "not " : "", what, " ", how, exists ? "" : " ", values);
}

std::string ActionName(const v1::PersonalAction& action) {
  const std::string what = Tidy(v1::PersonalAction::What_Name(action.what()), "WHAT_");
  return absl::StrCat(what, action.value().empty() ? "" : " ", action.value());
}

// "Rule 3" of r3: what rules without a name were called once.
bool IsNumber(const v1::PersonalRule& rule) {
  return absl::StartsWith(rule.id(), "r") && rule.name() == "Rule " + rule.id().substr(1);
}

}  // namespace

std::string NameOf(const v1::PersonalRule& rule) {
  if (!rule.name().empty() && !IsNumber(rule)) return rule.name();
  std::vector<std::string> asked, done;
  for (const v1::PersonalCondition& condition : rule.conditions())
    asked.push_back(ConditionName(condition));
  for (const v1::PersonalAction& action : rule.actions()) done.push_back(ActionName(action));
  if (rule.stop()) done.push_back("stop");
  const std::string name = mail::CleanLine(absl::StrCat(
      asked.empty() ? "every mail" : absl::StrJoin(asked, rule.any() ? " or " : " and "), ": ",
      absl::StrJoin(done, ", ")));
  if (name.size() <= kMaxNameBytes) return name;
  return absl::StrCat(mail::CutUtf8(name, kMaxNameBytes - sizeof(kMore) + 1), kMore);
}

}  // namespace postern::rules::personal
