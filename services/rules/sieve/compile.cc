#include "services/rules/sieve/compile.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/rules/sieve/script_compiler.h"

namespace postern::rules::sieve {
namespace {

bool Jumps(Op op) {
  switch (op) {
    case Op::kJump:
    case Op::kJumpIfTrue:
    case Op::kJumpIfFalse:
    case Op::kEachPart:
    case Op::kNextPart:
    case Op::kBreak:
      return true;
    default:
      return false;
  }
}

// The code of the units goes behind that of the script.
void PlaceUnits(Compilation& all) {
  Program& program = all.program;
  for (size_t i = 0; i < all.unit_code.size(); ++i) {
    const auto begin = static_cast<uint32_t>(program.code.size());
    program.units[i].begin = begin;
    for (Instruction instruction : all.unit_code[i]) {
      if (Jumps(instruction.op)) instruction.operand += begin;
      program.code.push_back(instruction);
    }
  }
}

void MarkCaptures(Compilation& all) {
  for (size_t i = 0; i < all.captured_tests; ++i) {
    std::visit(
        [](auto& test) {
          if constexpr (requires { test.match; })
            test.match.captures =
                test.match.type == MatchType::kMatches || test.match.type == MatchType::kRegex;
        },
        all.program.tests[i]);
  }
}

// Those of the syntax were found first.
void Sort(std::vector<Problem>& problems) {
  const auto of_one_file = [&](const Problem& one) { return one.file == problems.front().file; };
  if (!std::all_of(problems.begin(), problems.end(), of_one_file)) return;
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
}

}  // namespace

Compiled Compile(absl::string_view source, const CompileOptions& options) {
  Compilation all{options};
  Parsed parsed = Parse(source, options);
  const bool is_clear = parsed.problems.empty();
  for (Problem& problem : parsed.problems) all.problems.Add(std::move(problem));
  // What could be read is looked at although something else could not.
  if (all.problems.errors() == 0 || !options.trust_mail) {
    all.patterns = CountPatterns(parsed.script);
    Scope scope(all, options.file_name);
    ScriptCompiler(all, scope, source).Run(parsed.script);
    scope.Emit(Op::kStop, {});
    all.program.code = scope.TakeCode();
    PlaceUnits(all);
    MarkCaptures(all);
    all.program.origin = {options.file_name, "sieve",
                          crypto::Sha256Hex(absl::StrCat(source, all.sources))};
  }
  Compiled compiled;
  if (all.problems.errors() == 0)
    compiled.program = std::make_shared<const Program>(std::move(all.program));
  compiled.problems = all.problems.Take();
  if (!is_clear) Sort(compiled.problems);
  return compiled;
}

}  // namespace postern::rules::sieve
