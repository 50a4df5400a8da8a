#include "services/rules/jsmail/expressions.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "services/rules/jsmail/regex.h"

namespace postern::rules::jsmail {
namespace {

bool IsBlank(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

}  // namespace

bool Expressions::Add(const Line& line, absl::string_view expression) {
  TranslatedRegex translated = TranslateRegex(expression);
  if (translated.error) {
    source_.Fail(line, expression.substr(translated.error->offset), translated.error->text);
    return false;
  }
  for (const RegexNote& note : translated.warnings) {
    source_.Warn(line, expression.substr(note.offset), note.text);
  }
  if (IsBlank(expression.front())) {
    source_.Warn(line, expression, "the blank behind the colon is part of the expression");
  }
  if (expression.size() > 1 && IsBlank(expression.back())) {
    source_.Warn(line, expression.substr(expression.size() - 1),
                 "the blank at the end is part of the expression");
  }
  all_.push_back({std::move(translated.re2), line, expression, nullptr});
  return true;
}

void Expressions::CompileAll() {
  const int64_t memory = PatternMemory(all_.size());
  for (One& one : all_) {
    auto pattern = CompilePattern(one.re2, memory);
    if (!pattern.ok()) {
      source_.Fail(one.line, one.written, std::string(pattern.status().message()));
      continue;
    }
    one.pattern = *std::move(pattern);
    if (RE2::PartialMatch("", *one.pattern) && RE2::PartialMatch("a b@c.d", *one.pattern)) {
      source_.Warn(one.line, one.written, "this matches every mail");
    }
  }
}

Compiled CompileLines(Source& source, Expressions& expressions,
                      absl::FunctionRef<bool(const Line&)> read,
                      absl::FunctionRef<ProgramPtr()> build) {
  for (const Line& line : source.Entries()) {
    if (!read(line)) break;
  }
  if (!source.failed()) expressions.CompileAll();
  Compiled compiled;
  if (!source.failed()) compiled.program = build();
  compiled.problems = source.TakeProblems();
  return compiled;
}

}  // namespace postern::rules::jsmail
