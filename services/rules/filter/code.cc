#include "services/rules/filter/code.h"

namespace postern::rules::filter {

void Code::BeginRule(size_t index, uint32_t line, const std::string& name) {
  index_ = index;
  begin_ = begin_of_[index] = static_cast<uint32_t>(program_.code.size());
  line_ = rule_line_ = line;
  name_ = name;
}

void Code::Emit(Op op, uint32_t operand) { program_.code.push_back({op, 0, operand, line_}); }

void Code::Jump(Op op, Jumps& jumps) {
  jumps.push_back(program_.code.size());
  Emit(op);
}

void Code::Land(Jumps& jumps) {
  for (const size_t jump : jumps) {
    program_.code[jump].operand = static_cast<uint32_t>(program_.code.size());
  }
  jumps.clear();
}

void Code::Ask(const Clause& clause, Jumps& otherwise) {
  for (const Question& question : clause) {
    Emit(Op::kTest, static_cast<uint32_t>(program_.tests.size()));
    program_.tests.push_back(question.test);
    Jump(question.negated ? Op::kJumpIfTrue : Op::kJumpIfFalse, otherwise);
  }
}

void Code::IfAll(const Condition& condition) {
  Jumps holds;
  for (size_t i = 0; i < condition.clauses.size(); ++i) {
    const bool last = i + 1 == condition.clauses.size();
    Jumps next;
    Ask(condition.clauses[i], last ? to_end_ : next);
    if (!last) Jump(Op::kJump, holds);
    Land(next);
  }
  Land(holds);
}

void Code::IfAny(const Condition& condition) {
  for (const Clause& clause : condition.clauses) {
    Jumps next;
    Ask(clause, next);
    Jump(Op::kJump, to_actions_);
    Land(next);
  }
}

void Code::ElseLeave() {
  line_ = rule_line_;
  Jump(Op::kJump, to_end_);
  Land(to_actions_);
}

void Code::Do(const Statement& statement) {
  Emit(Op::kDo, static_cast<uint32_t>(program_.statements.size()));
  program_.statements.push_back(statement);
}

void Code::GoTo(size_t rule) {
  if (rule >= begin_of_.size()) return Stop();
  far_.push_back({program_.code.size(), rule});
  Emit(Op::kJump);
}

void Code::EndRule() {
  Land(to_end_);
  const auto end = static_cast<uint32_t>(program_.code.size());
  if (end == begin_) Emit(Op::kTrue);  // a rule that says only "skip 0" has a place, too
  RuleSpan& span = program_.rules.emplace_back();
  span.begin = begin_;
  span.end = static_cast<uint32_t>(program_.code.size());
  span.name = name_;
  span.line = rule_line_;
}

void Code::Finish() {
  line_ = 0;
  for (const FarJump& jump : far_) program_.code[jump.from].operand = begin_of_[jump.rule];
  Stop();
}

}  // namespace postern::rules::filter
