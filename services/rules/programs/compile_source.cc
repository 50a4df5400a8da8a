#include "services/rules/programs/compile_source.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "services/rules/engine/sure_failure.h"
#include "services/rules/filter/compile.h"
#include "services/rules/jsmail/acl.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/finger.h"
#include "services/rules/personal/personal_rules.h"
#include "services/rules/programs/program_key.h"
#include "services/rules/sieve/compile.h"

namespace postern::rules {
namespace {

Compiled CompileSieve(const ProgramSource& source, bool& includes_global) {
  sieve::CompileOptions options;
  options.file_name = source.file_name;
  options.operator_rule = source.operator_rule;
  options.include = [&](absl::string_view name, bool personal) -> std::optional<std::string> {
    if (!personal) includes_global = true;
    const ScriptsPtr& scripts = personal ? source.personal : source.global;
    if (scripts == nullptr) return std::nullopt;
    const auto found = scripts->find(std::string(name));
    if (found == scripts->end()) return std::nullopt;
    return found->second;
  };
  return sieve::Compile(source.text, options);
}

Compiled CompileFilter(const ProgramSource& source) {
  filter::CompileOptions options;
  options.file_name = source.file_name;
  options.operator_rule = source.operator_rule;
  return filter::Compile(source.text, options);
}

using JsmailFrontEnd = Compiled (*)(absl::string_view, const jsmail::CompileOptions&);

Compiled CompileJsmail(JsmailFrontEnd front_end, const ProgramSource& source) {
  jsmail::CompileOptions options;
  options.file_name = source.file_name;
  options.operator_rule = source.operator_rule;
  options.local_domain = source.local_domain;
  return front_end(source.text, options);
}

Compiled ReadAcl(const ProgramSource& source, uint32_t& entries) {
  auto read = jsmail::Acl::Read(source.text, source.file_name);
  if (read.acl) entries = static_cast<uint32_t>(read.acl->size());
  return {nullptr, std::move(read.problems)};
}

Compiled Unknown(const ProgramSource& source) {
  Compiled compiled;
  Problem& problem = compiled.problems.emplace_back();
  problem.file = source.file_name;
  problem.text = absl::StrCat("this version can't compile ", NameOfLanguage(source.language));
  return compiled;
}

// One line for each language: here a new front end comes in.
Compiled CompileText(const ProgramSource& source, CompiledSource& result) {
  switch (source.language) {
    case v1::RULE_LANGUAGE_SIEVE:
      return CompileSieve(source, result.includes_global);
    case v1::RULE_LANGUAGE_CONTENT_FILTER:
      return CompileFilter(source);
    case v1::RULE_LANGUAGE_JSMAIL_REJECT:
      return CompileJsmail(jsmail::CompileReject, source);
    case v1::RULE_LANGUAGE_JSMAIL_RESPONDERS:
      return CompileJsmail(jsmail::CompileResponders, source);
    case v1::RULE_LANGUAGE_JSMAIL_SUBJECT:
      return CompileJsmail(jsmail::CompileSubject, source);
    case v1::RULE_LANGUAGE_JSMAIL_ALLOW_DENY:
      return ReadAcl(source, result.rules);
    case v1::RULE_LANGUAGE_JSMAIL_FINGER:
      result.rules = 1;
      return {nullptr, jsmail::ParseFinger(source.text, source.file_name).problems};
    case v1::RULE_LANGUAGE_PERSONAL:
      return personal::Compile(source.text);
    default:
      return Unknown(source);
  }
}

}  // namespace

absl::Status CompiledSource::error() const {
  std::vector<std::string> lines;
  for (const Problem& problem : problems) {
    if (!problem.warning) lines.push_back(ToString(problem));
  }
  if (lines.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

std::vector<std::string> CompiledSource::warnings() const {
  std::vector<std::string> lines;
  for (const Problem& problem : problems) {
    if (!problem.warning) continue;
    lines.push_back(absl::StrCat(problem.file, ":", problem.at.line, ":", problem.at.column, ": ",
                                 problem.text));
  }
  return lines;
}

CompiledSource CompileSource(const ProgramSource& source) {
  CompiledSource result;
  result.hash = crypto::Sha256Hex(source.text);
  Compiled compiled = CompileText(source, result);
  result.problems = std::move(compiled.problems);
  if (compiled.program == nullptr || !result.error().ok()) return result;
  for (Problem& sure : SureFailures(*compiled.program, EvaluationLimits(), source.operator_rule))
    result.problems.push_back(std::move(sure));
  result.rules = static_cast<uint32_t>(compiled.program->rules.size());
  result.program = std::make_shared<const PreparedProgram>(std::move(compiled.program));
  return result;
}

}  // namespace postern::rules
