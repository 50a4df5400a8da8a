#include "services/rules/jsmail/program_builder.h"

namespace postern::rules::jsmail {

ProgramBuilder::ProgramBuilder(const Source& source, std::string language) {
  program_.origin = {source.file_name(), std::move(language), source.Hash()};
}

void ProgramBuilder::BeginRule(const Line& line, absl::string_view text) {
  line_ = line.number;
  RuleSpan& rule = program_.rules.emplace_back();
  rule.begin = static_cast<uint32_t>(program_.code.size());
  rule.line = line_;
  program_.texts.emplace_back(text);
}

void ProgramBuilder::If(Test test) { Ask(std::move(test), Op::kJumpIfFalse, to_end_); }
void ProgramBuilder::IfHere(Test test) { Ask(std::move(test), Op::kJumpIfFalse, to_end_if_); }
void ProgramBuilder::IfNotHere(Test test) { Ask(std::move(test), Op::kJumpIfTrue, to_end_if_); }
void ProgramBuilder::EndIf() { Land(to_end_if_); }

void ProgramBuilder::Do(Statement statement) {
  Emit(Op::kDo, static_cast<uint32_t>(program_.statements.size()));
  program_.statements.push_back(std::move(statement));
}

void ProgramBuilder::Stop() { Emit(Op::kStop); }

void ProgramBuilder::EndRule() {
  Land(to_end_);
  program_.rules.back().end = static_cast<uint32_t>(program_.code.size());
}

uint32_t ProgramBuilder::AddVariable(std::string name) {
  program_.variables.push_back({std::move(name), false});
  return static_cast<uint32_t>(program_.variables.size() - 1);
}

ProgramPtr ProgramBuilder::Finish() {
  line_ = 0;
  Stop();
  return std::make_shared<const Program>(std::move(program_));
}

void ProgramBuilder::Emit(Op op, uint32_t operand) {
  program_.code.push_back({op, 0, operand, line_});
}

void ProgramBuilder::Ask(Test test, Op past, std::vector<size_t>& jumps) {
  Emit(Op::kTest, static_cast<uint32_t>(program_.tests.size()));
  program_.tests.push_back(std::move(test));
  jumps.push_back(program_.code.size());
  Emit(past);
}

void ProgramBuilder::Land(std::vector<size_t>& jumps) {
  for (const size_t jump : jumps) {
    program_.code[jump].operand = static_cast<uint32_t>(program_.code.size());
  }
  jumps.clear();
}

Match RegexMatch() {
  Match match;
  match.type = MatchType::kRegex;
  match.collation = Collation::kOctet;
  return match;
}

Keys RegexKeys(std::shared_ptr<const RE2> pattern) {
  Keys keys;
  keys.texts.push_back(Text::Literal(pattern->pattern()));
  keys.patterns.push_back(std::move(pattern));
  return keys;
}

}  // namespace postern::rules::jsmail
