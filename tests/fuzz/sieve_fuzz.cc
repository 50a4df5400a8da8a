// Any script compiles, or has problems that say where; a program's code stays within itself; what
// is printed is read as the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/rules/sieve/compile.h"

namespace {

using namespace postern::rules;

void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsJump(Op op) {
  return op == Op::kJump || op == Op::kJumpIfTrue || op == Op::kJumpIfFalse ||
         op == Op::kEachPart || op == Op::kBreak;
}

void CheckInstruction(const Program& program, uint32_t at) {
  const Instruction& step = program.code[at];
  if (IsJump(step.op)) Require(step.operand > at && step.operand < program.code.size());
  if (step.op == Op::kNextPart) Require(step.operand <= at);
  if (step.op == Op::kTest) Require(step.operand < program.tests.size());
  if (step.op == Op::kDo) Require(step.operand < program.statements.size());
  if (step.op == Op::kCall) Require(step.operand < program.units.size());
}

void CheckProgram(const Program& program) {
  for (uint32_t at = 0; at < program.code.size(); ++at) CheckInstruction(program, at);
  const Op last = program.code.back().op;
  Require(last == Op::kStop || last == Op::kReturn);
  uint32_t end = 0;
  for (const RuleSpan& rule : program.rules) {
    Require(rule.begin >= end && rule.end >= rule.begin && rule.end <= program.code.size());
    end = rule.end;
  }
  Require(program.texts.size() <= program.rules.size());
  for (const Unit& unit : program.units) Require(unit.begin < program.code.size());
  Require(!Listing(program).empty());
}

void CheckProblems(const std::vector<Problem>& problems) {
  Require(problems.size() <= 50);
  for (const Problem& problem : problems)
    Require(problem.at.line > 0 && problem.at.column > 0 && !problem.text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view source(reinterpret_cast<const char*>(data), size);
  sieve::CompileOptions options;
  options.operator_rule = size % 2 == 0;
  // Each script includes itself by the name "self", and one that is right by another.
  options.include = [source](absl::string_view name, bool personal) -> std::optional<std::string> {
    if (name == "self") return std::string(source);
    return personal ? std::optional<std::string>("require \"variables\"; set \"a\" \"${1}\";")
                    : std::nullopt;
  };
  const sieve::Parsed parsed = sieve::Parse(source, options);
  CheckProblems(parsed.problems);
  if (parsed.problems.empty()) {
    const std::string printed = sieve::Print(parsed.script);
    if (printed.size() <= options.limits.script_bytes) {
      const sieve::Parsed again = sieve::Parse(printed, options);
      Require(again.problems.empty());
      Require(sieve::Print(again.script) == printed);
    }
  }
  const Compiled compiled = sieve::Compile(source, options);
  CheckProblems(compiled.problems);
  Require((compiled.program == nullptr) == !FirstError(compiled.problems).ok());
  if (compiled.program != nullptr) CheckProgram(*compiled.program);
  return 0;
}
