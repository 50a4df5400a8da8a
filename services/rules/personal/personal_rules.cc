#include "services/rules/personal/personal_rules.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/digest.h"
#include "services/rules/personal/action_commands.h"
#include "services/rules/personal/check_rules.h"
#include "services/rules/personal/complaint.h"
#include "services/rules/personal/condition_syntax.h"
#include "services/rules/personal/rule_name.h"
#include "services/rules/sieve/compile.h"

namespace postern::rules::personal {
namespace {

using sieve::Command;
using sieve::Script;
using sieve::TestNode;

TestNode TestOfRule(const v1::PersonalRule& rule, Extensions& needed) {
  std::vector<TestNode> tests;
  for (const v1::PersonalCondition& condition : rule.conditions())
    tests.push_back(TestOf(condition, needed));
  TestNode test = rule.any() && !tests.empty() ? AnyOf(std::move(tests)) : AllOf(std::move(tests));
  if (rule.account().empty()) return test;
  needed.insert("environment");
  TestNode of_account = MakeTest(
      "environment", {Tag("is"), Strings({"vnd.postern.account"}), Strings({rule.account()})});
  // Flat, when it may be.
  if (test.name == "true") return of_account;
  if (test.name != "allof") return AllOf({std::move(of_account), std::move(test)});
  test.tests.insert(test.tests.begin(), std::move(of_account));
  return test;
}

Command CommandOfRule(const v1::PersonalRule& rule, Extensions& needed) {
  Command command = MakeIf(TestOfRule(rule, needed), CommandsOf(rule, needed));
  command.comments.push_back(absl::StrCat(" rule:[", NameOf(rule), "]"));
  return command;
}

// What is switched off, for people to read.
void AddAsComments(const v1::PersonalRule& rule, std::vector<std::string>& comments) {
  Extensions unneeded;
  Script alone;
  alone.commands.push_back(CommandOfRule(rule, unneeded));
  alone.commands.front().comments.clear();
  comments.push_back(absl::StrCat(" switched off: rule:[", NameOf(rule), "]"));
  const std::string text = sieve::Print(alone);
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty()))
    comments.push_back(absl::StrCat("   ", line));
}

bool IsKnown(const v1::PersonalCondition& condition) {
  using C = v1::PersonalCondition;
  if (!C::Subject_IsValid(condition.subject()) || condition.subject() == C::SUBJECT_UNSPECIFIED)
    return false;
  if (condition.subject() == C::SUBJECT_SIZE && condition.values().empty()) return false;
  return C::Operator_IsValid(condition.comparison()) &&
         condition.comparison() != C::OPERATOR_UNSPECIFIED;
}

bool IsKnown(const v1::PersonalAction& action) {
  using A = v1::PersonalAction;
  return A::What_IsValid(action.what()) && action.what() != A::WHAT_UNSPECIFIED;
}

// All of it is: what a newer version may have stored must not mean something else here.
bool IsKnown(const v1::PersonalRule& rule) {
  const auto known = [](const auto& part) { return IsKnown(part); };
  return std::all_of(rule.conditions().begin(), rule.conditions().end(), known) &&
         std::all_of(rule.actions().begin(), rule.actions().end(), known);
}

bool IsInForce(const v1::PersonalRule& rule) { return !rule.disabled() && IsKnown(rule); }

std::vector<const v1::PersonalRule*> InForce(const v1::PersonalRules& rules) {
  std::vector<const v1::PersonalRule*> in_force;
  for (const v1::PersonalRule& rule : rules.rules()) {
    if (IsInForce(rule)) in_force.push_back(&rule);
  }
  return in_force;
}

// Lines of the script become numbers of rules: those last as long as the rules do.
void NumberRules(const v1::PersonalRules& rules, Program& program) {
  program.numbered_rules = true;
  const std::vector<const v1::PersonalRule*> in_force = InForce(rules);
  for (size_t i = 0; i < program.rules.size() && i < in_force.size(); ++i) {
    RuleSpan& span = program.rules[i];
    span.name = NameOf(*in_force[i]);
    span.line = NumberOf(in_force[i]->id()).value_or(0);
    for (uint32_t at = span.begin; at < span.end; ++at) program.code[at].line = span.line;
  }
}

// Which rule a line of the script belongs to; null: none.
const v1::PersonalRule* RuleAtLine(const v1::PersonalRules& rules, absl::string_view script,
                                   uint32_t line) {
  const auto parsed = sieve::Parse(script, sieve::CompileOptions());
  const std::vector<const v1::PersonalRule*> in_force = InForce(rules);
  const v1::PersonalRule* found = nullptr;
  size_t next = 0;
  for (const Command& command : parsed.script.commands) {
    if (command.name != "if" || next >= in_force.size()) continue;
    if (command.at.line <= line) found = in_force[next];
    ++next;
  }
  return found;
}

// What only the compiler found out.
void NameProblems(const v1::PersonalRules& rules, absl::string_view script,
                  std::vector<Problem>& problems) {
  for (Problem& problem : problems) {
    const v1::PersonalRule* rule = RuleAtLine(rules, script, problem.at.line);
    problem.at = {};
    if (rule == nullptr) continue;
    problem.at.line = NumberOf(rule->id()).value_or(1);
    problem.text = absl::StrCat(NameOf(*rule), ": ", problem.text);
  }
}

}  // namespace

std::string WriteStored(const v1::PersonalRules& rules) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(rules, &json).ok()) return "";
  return json;
}

absl::StatusOr<v1::PersonalRules> ReadStored(absl::string_view source) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // of a newer version
  v1::PersonalRules rules;
  const std::string json(source);
  if (!google::protobuf::util::JsonStringToMessage(json, &rules, options).ok())
    return absl::DataLossError("rules: the stored personal rules can't be read");
  return rules;
}

Script ScriptOf(const v1::PersonalRules& rules) {
  Script script;
  Extensions needed;
  std::vector<std::string> comments;  // for the next command
  for (const v1::PersonalRule& rule : rules.rules()) {
    if (!IsKnown(rule)) {
      comments.push_back(absl::StrCat(" can't be read here: rule:[", NameOf(rule), "]"));
      continue;
    }
    if (rule.disabled()) {
      AddAsComments(rule, comments);
      continue;
    }
    Command command = CommandOfRule(rule, needed);
    comments.insert(comments.end(), command.comments.begin(), command.comments.end());
    command.comments = std::exchange(comments, {});
    script.commands.push_back(std::move(command));
  }
  script.comments = std::move(comments);
  if (needed.empty()) return script;
  sieve::Argument extensions = Strings(Texts(needed.begin(), needed.end()));
  script.commands.insert(script.commands.begin(), MakeCommand("require", {std::move(extensions)}));
  return script;
}

std::string SieveOf(const v1::PersonalRules& rules) { return sieve::Print(ScriptOf(rules)); }

Compiled Compile(absl::string_view source) {
  Compiled compiled;
  const auto rules = ReadStored(source);
  if (!rules.ok()) {
    compiled.problems.push_back({{}, std::string(rules.status().message()), kFileName, false});
    return compiled;
  }
  const std::string script = SieveOf(*rules);
  sieve::CompileOptions options;
  options.file_name = kFileName;
  compiled = sieve::Compile(script, options);
  NameProblems(*rules, script, compiled.problems);
  if (compiled.program == nullptr) return compiled;
  auto program = std::make_shared<Program>(*compiled.program);
  program->origin = {kFileName, "personal", crypto::Sha256Hex(absl::StrCat("personal\n", script))};
  NumberRules(*rules, *program);
  compiled.program = std::move(program);
  return compiled;
}

}  // namespace postern::rules::personal
