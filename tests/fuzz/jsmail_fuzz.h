#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/source.h"

inline void Require(bool condition) {
  if (!condition) std::abort();
}

// Every problem stands somewhere in the text, and a program is sound: jumps lead forward, within
// it, and each rule is a part of the code.
inline void CheckCompiled(const postern::rules::Compiled& compiled, const std::string& text) {
  using namespace postern::rules;
  bool failed = false;
  for (const Problem& problem : compiled.problems) {
    Require(problem.at.line >= 1 && problem.at.column >= 1 && problem.at.line <= text.size() + 1);
    Require(!problem.text.empty());
    failed = failed || !problem.warning;
  }
  Require(compiled.problems.size() <= 50);
  Require(failed == (compiled.program == nullptr));
  if (!compiled.program) return;
  const Program& program = *compiled.program;
  Require(!program.code.empty() && program.code.back().op == Op::kStop);
  for (size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& instruction = program.code[i];
    const bool jump = instruction.op == Op::kJump || instruction.op == Op::kJumpIfFalse ||
                      instruction.op == Op::kJumpIfTrue;
    if (jump) Require(instruction.operand > i && instruction.operand < program.code.size());
    if (instruction.op == Op::kTest) Require(instruction.operand < program.tests.size());
    if (instruction.op == Op::kDo) Require(instruction.operand < program.statements.size());
  }
  uint32_t end = 0;
  for (const RuleSpan& rule : program.rules) {
    Require(rule.begin >= end && rule.end > rule.begin && rule.end < program.code.size());
    end = rule.end;
  }
}

inline int FuzzFrontEnd(postern::rules::Compiled (*compile)(
                            absl::string_view, const postern::rules::jsmail::CompileOptions&),
                        const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  postern::rules::jsmail::CompileOptions options;
  options.operator_rule = size % 2 == 0;
  if (size % 3 == 0) options.local_domain = "ex.org";
  CheckCompiled(compile(text, options), text);
  return 0;
}
