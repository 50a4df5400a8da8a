#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/rules/engine/action_json.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/filter/compile.h"

// Content filters on mails, and what comes out as JSON.
namespace postern::rules::filter {

// A rule with a name, on, for all queues.
inline std::string RuleText(int number, const std::string& name, const std::string& conditions,
                            const std::string& actions, const std::string& how = "All") {
  return absl::StrCat("[Rule", number < 10 ? "00" : "0", number, "]\nRuleName=", name,
                      "\nEnable=Yes\nThisRuleCondition=", how, "\nProcessQueue=BOTH\n", conditions,
                      conditions.empty() ? "" : "\n", actions, "\n\n");
}

inline std::string OneRule(const std::string& conditions, const std::string& actions,
                           const std::string& how = "All") {
  return RuleText(1, "one", conditions, actions, how);
}

inline Compiled Compiling(const std::string& source, bool operator_rule = true) {
  CompileOptions options;
  options.file_name = "f";
  options.operator_rule = operator_rule;
  return Compile(source, options);
}

// Errors and warnings, a line each.
inline std::string Problems(const std::string& source, bool operator_rule = true) {
  return absl::StrJoin(
      Compiling(source, operator_rule).problems, "\n",
      [](std::string* out, const Problem& problem) { absl::StrAppend(out, ToString(problem)); });
}

inline Facts FilterFacts() {
  Facts facts;
  facts.owner = "ann@jabber.example";
  facts.account = "home";
  facts.own_addresses = {"ann@example.org"};
  facts.recipients = {"ann@example.org"};
  facts.envelope_from = "bob@example.net";
  facts.envelope_known = true;
  facts.now = absl::FromUnixSeconds(1'767'610'800);  // Monday, 2026-01-05 11:00 UTC
  facts.zone = absl::UTCTimeZone();
  return facts;
}

// {"actions":[…]} of the whole file on the mail; LF in `mail` is CRLF.
inline std::string Judged(const std::string& source, const std::string& mail,
                          const Facts& facts = FilterFacts()) {
  const Compiled compiled = Compiling(source);
  if (compiled.program == nullptr) return FirstError(compiled.problems).ToString();
  const std::string message = absl::StrReplaceAll(mail, {{"\n", "\r\n"}});
  MessageView view(message);
  EvaluationLimits limits;
  limits.wall = absl::InfiniteDuration();
  const Stage stages[] = {
      {std::make_shared<const PreparedProgram>(compiled.program), /*operator_rule=*/true}};
  return ActionsJson(EvaluateStages(stages, view, facts, limits));
}

// Whether the conditions hold: then the mail is thrown away.
inline bool Holds(const std::string& conditions, const std::string& mail,
                  const std::string& how = "All", const Facts& facts = FilterFacts()) {
  const std::string judged = Judged(OneRule(conditions, "Action01=delete|", how), mail, facts);
  const bool holds = judged.find("\"discard\"") != std::string::npos;
  EXPECT_TRUE(holds || judged.find("\"keep\"") != std::string::npos) << judged;
  return holds;
}

}  // namespace postern::rules::filter
