#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/rules/filter/condition.h"

namespace postern::rules::filter {

// Puts the instructions of a program together, rule by rule. Jumps lead forward: into the same
// rule, to a later one, or to the end.
class Code {
 public:
  // `rules` in the file, those that leave no instructions among them.
  Code(Program& program, size_t rules) : program_(program), begin_of_(rules, 0) {}

  void BeginRule(size_t index, uint32_t line, const std::string& name);
  // What follows is of this line.
  void At(uint32_t line) { line_ = line; }
  // Past the rule unless the condition holds.
  void IfAll(const Condition& condition);
  // On to the actions when it holds; ElseLeave behind the last one.
  void IfAny(const Condition& condition);
  void ElseLeave();
  void Do(const Statement& statement);
  void Stop() { Emit(Op::kStop); }
  // Past the last rule is the end.
  void GoTo(size_t rule);
  void EndRule();
  void Finish();

 private:
  using Jumps = std::vector<size_t>;  // whose ends are not known yet
  void Emit(Op op, uint32_t operand = 0);
  void Jump(Op op, Jumps& jumps);
  // The questions of one clause; `otherwise` when one of them has not the answer that is wanted.
  void Ask(const Clause& clause, Jumps& otherwise);
  void Land(Jumps& jumps);

  Program& program_;
  std::vector<uint32_t> begin_of_;  // of each rule
  size_t index_ = 0;
  uint32_t begin_ = 0, line_ = 0, rule_line_ = 0;
  std::string name_;
  Jumps to_actions_, to_end_;
  struct FarJump {
    size_t from, rule;
  };
  std::vector<FarJump> far_;
};

}  // namespace postern::rules::filter
