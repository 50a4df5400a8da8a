#include "services/rules/sieve/compile.h"

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

}  // namespace

Compiled Compile(absl::string_view source, const CompileOptions& options) {
  Compilation all{options};
  Parsed parsed = Parse(source, options);
  for (Problem& problem : parsed.problems) all.problems.Add(std::move(problem));
  if (all.problems.errors() == 0) {
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
  return compiled;
}

}  // namespace postern::rules::sieve
