#include "services/rules/sieve/scope.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/sieve/extensions.h"
#include "services/rules/sieve/variable_name.h"

namespace postern::rules::sieve {

std::nullopt_t Scope::Error(Position at, std::string text) {
  all_.problems.Error(file_, at, std::move(text));
  return std::nullopt;
}

void Scope::Warn(Position at, std::string text) {
  all_.problems.Warning(file_, at, std::move(text));
}

bool Scope::Needs(absl::string_view extension, absl::string_view what, Position at) {
  if (Has(extension)) return true;
  Error(at, absl::StrCat(what, " needs the extension \"", extension, "\"; write require \"",
                         extension, "\"; at the top of the script"));
  return false;
}

void Scope::Require(absl::string_view extension, Position at) {
  required_.emplace(extension, at);
  if (const Extension* known = FindExtension(extension))
    for (const absl::string_view brought : known->brings) required_.emplace(brought, at);
}

void Scope::CheckRequired() {
  // RFC 5703 section 5.
  const auto extract = required_.find("extracttext");
  if (extract == required_.end()) return;
  for (const char* other : {"foreverypart", "variables"})
    Needs(other, "the extension \"extracttext\"", extract->second);
}

std::optional<std::vector<Text>> Scope::MakeTexts(const Argument& argument) {
  std::vector<Text> texts;
  for (const String& written : argument.strings) {
    std::optional<Text> text = MakeText(written);
    if (!text) return std::nullopt;
    texts.push_back(*std::move(text));
  }
  return texts;
}

std::optional<std::string> Scope::MakeConstant(const Argument& argument, absl::string_view what) {
  const std::optional<Text> text = MakeText(argument.strings.front());
  if (!text) return std::nullopt;
  if (!text->constant())
    return Error(argument.at, absl::StrCat(what, " can't be made of variables: write it out"));
  return text->literal();
}

std::optional<uint32_t> Scope::Slot(const std::string& name, Position at) {
  const std::string lower = absl::AsciiStrToLower(name);
  if (const auto known = variables_.find(lower); known != variables_.end()) return known->second;
  switch (JudgeVariableName(lower)) {
    case VariableName::kPlain:
      return NewSlot(lower, false, at);
    case VariableName::kTooLong:
      return Error(at,
                   absl::StrCat("a variable's name has at most ", kMaxVariableName, " characters"));
    case VariableName::kMatchValue:
      return Error(at, absl::StrCat("\"", lower, "\" is a match value, which only a test can set"));
    case VariableName::kNone:
      return Error(at, absl::StrCat("\"", lower,
                                    "\" can't name a variable: a name is made of "
                                    "letters, digits and _, and begins with no digit"));
    case VariableName::kInNamespace:
      break;
  }
  constexpr absl::string_view kGlobal = "global.";
  if (!absl::StartsWith(lower, kGlobal) || absl::StrContains(lower.substr(kGlobal.size()), "."))
    return Error(at, absl::StrCat("there are no variables \"", lower,
                                  "\": the only namespace that can be set is \"global\""));
  if (!Needs("include", "the namespace \"global\"", at)) return std::nullopt;
  return NewSlot(lower.substr(kGlobal.size()), true, at);
}

std::optional<uint32_t> Scope::NewSlot(const std::string& name, bool global, Position at) {
  if (global) {
    if (const auto known = all_.globals.find(name); known != all_.globals.end())
      return known->second;
  }
  Program& program = all_.program;
  if (program.variables.size() >= all_.options.limits.variables) {
    if (!std::exchange(told_of_variables_, true))
      Error(at,
            absl::StrCat("the script has more than ", all_.options.limits.variables, " variables"));
    return std::nullopt;
  }
  const auto slot = static_cast<uint32_t>(program.variables.size());
  program.variables.push_back({name, global});
  if (global) {
    all_.globals.emplace(name, slot);
  } else {
    variables_.emplace(name, slot);
    own_.push_back(slot);
  }
  return slot;
}

bool Scope::DeclareGlobal(const std::string& name, Position at) {
  const std::string lower = absl::AsciiStrToLower(name);
  if (JudgeVariableName(lower) != VariableName::kPlain) {
    Error(at, absl::StrCat("\"", lower, "\" can't name a global variable"));
    return false;
  }
  const auto known = variables_.find(lower);
  if (known != variables_.end() && !program().variables[known->second].global) {
    Error(at, absl::StrCat("\"", lower,
                           "\" is a variable of this script already; make it global "
                           "before it is used"));
    return false;
  }
  const std::optional<uint32_t> slot = NewSlot(lower, true, at);
  if (slot) variables_[lower] = *slot;
  return slot.has_value();
}

uint32_t Scope::Emit(Op op, Position at, uint32_t operand, uint8_t depth) {
  code_.push_back({op, depth, operand, at.line});
  return Here() - 1;
}

void Scope::EmitTest(Test test, Position at) {
  Emit(Op::kTest, at, static_cast<uint32_t>(program().tests.size()));
  program().tests.push_back(std::move(test));
}

void Scope::Do(Statement statement, Position at) {
  Emit(Op::kDo, at, static_cast<uint32_t>(program().statements.size()));
  program().statements.push_back(std::move(statement));
}

void Scope::ReadsMatch() {
  all_.captured_tests = program().tests.size();
  for (Loop& loop : loops_) loop.reads_match = true;
}

}  // namespace postern::rules::sieve
