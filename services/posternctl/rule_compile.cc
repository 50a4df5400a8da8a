// Files of rules, compiled without a server.

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/posternctl/diagnostic.h"
#include "services/posternctl/rule_file.h"
#include "services/rules/engine/sure_failure.h"
#include "services/rules/filter/compile.h"
#include "services/rules/jsmail/acl.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/finger.h"
#include "services/rules/jsmail/pop_accounts.h"
#include "services/rules/sieve/compile.h"

namespace postern::posternctl {

using crypto::FileKind;
namespace jsmail = rules::jsmail;

namespace {

jsmail::AclOptions AclOptionsOf(const RuleFile& file) {
  jsmail::AclOptions options;
  options.strict = file.strict;
  return options;
}

rules::Compiled CompileSieve(const RuleFile& file, bool operator_rule) {
  rules::sieve::CompileOptions options;
  options.file_name = file.name;
  options.operator_rule = operator_rule;
  options.include = [&file](absl::string_view name, bool) {
    return ReadBeside(file.path, name, {".sieve", ""});
  };
  return rules::sieve::Compile(file.text.Reveal(), options);
}

rules::Compiled CompileText(const RuleFile& file, bool operator_rule) {
  const std::string& text = file.text.Reveal();
  if (file.kind.sieve) return CompileSieve(file, operator_rule);
  if (file.kind.filter) {
    rules::filter::CompileOptions options;
    options.file_name = file.name;
    options.operator_rule = operator_rule;
    return rules::filter::Compile(text, options);
  }
  jsmail::CompileOptions options;
  options.file_name = file.name;
  options.operator_rule = operator_rule;
  options.local_domain = kNoDomain;
  options.read_text = [&file](absl::string_view name) { return ReadBeside(file.path, name, {""}); };
  switch (file.kind.jsmail) {
    case FileKind::kReject:
      return jsmail::CompileReject(text, options);
    case FileKind::kSubject:
      return jsmail::CompileSubject(text, options);
    case FileKind::kResponders:
      return jsmail::CompileResponders(text, options);
    case FileKind::kAllowDeny:
      return {nullptr, jsmail::Acl::Read(text, file.name, AclOptionsOf(file)).problems};
    case FileKind::kFinger:
      return {nullptr, jsmail::ParseFinger(text, file.name).problems};
    case FileKind::kPopAccounts:
      return {nullptr, jsmail::ParsePopAccounts(text, file.name, file.strict).problems};
    default:  // passwords and schedules have their own words: rules_check.cc
      return {};
  }
}

size_t CountErrors(const rules::Compiled& compiled) {
  return absl::c_count_if(compiled.problems, [](const auto& one) { return !one.warning; });
}

}  // namespace

bool IsOperators(const RuleFile& file) {
  if (!file.scope.empty())
    return !absl::StrContains(file.scope, '@') || absl::StartsWith(file.scope, "domain:");
  if (!file.kind.sieve) return true;
  // What only operators may is an error for users, beside whatever else is wrong.
  return CountErrors(CompileSieve(file, true)) < CountErrors(CompileSieve(file, false));
}

rules::Compiled CompileRuleFile(const RuleFile& file) {
  const bool operator_rule = IsOperators(file);
  rules::Compiled compiled = CompileText(file, operator_rule);
  if (!compiled.program) return compiled;
  for (rules::Problem& sure :
       rules::SureFailures(*compiled.program, rules::EvaluationLimits(), operator_rule))
    compiled.problems.push_back(std::move(sure));
  return compiled;
}

uint32_t CountEntries(const RuleFile& file, const rules::Compiled& compiled) {
  const std::string& text = file.text.Reveal();
  if (compiled.program) return static_cast<uint32_t>(compiled.program->rules.size());
  if (file.kind.jsmail == FileKind::kAllowDeny) {
    const auto read = jsmail::Acl::Read(text, file.name, AclOptionsOf(file));
    return read.acl ? static_cast<uint32_t>(read.acl->size()) : 0;
  }
  if (file.kind.jsmail == FileKind::kPopAccounts) {
    return static_cast<uint32_t>(jsmail::ParsePopAccounts(text, file.name).accounts.size());
  }
  return 1;
}

std::string LineOf(const rules::Problem& problem) {
  return absl::StrCat(problem.file, ":", problem.at.line, ":", problem.at.column, ": ",
                      problem.text);
}

absl::Status SplitProblems(const RuleFile& file, const std::vector<rules::Problem>& problems,
                           std::vector<std::string>& warnings) {
  std::vector<std::string> errors;
  for (const rules::Problem& problem : problems) {
    const auto told = ReadDiagnostic(LineOf(problem), problem.warning ? "warning" : "error",
                                     file.name, file.path);
    (problem.warning ? warnings : errors).push_back(told ? ToString(*told) : LineOf(problem));
  }
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

}  // namespace postern::posternctl
