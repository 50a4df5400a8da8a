#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/rules/ir/statement.h"
#include "services/rules/ir/test.h"

// What every rule language compiles to: sieve/, jsmail/, filter/ and personal/ are the front
// ends, engine/ evaluates. See docs/architecture.md, "Rules".
namespace postern::rules {

// There is one truth register. Jumps lead forward, but for kNextPart.
enum class Op : uint8_t {
  kTest,         // tests[operand] into the register
  kTrue,         //
  kFalse,        //
  kNot,          //
  kJump,         // to code[operand]
  kJumpIfTrue,   //
  kJumpIfFalse,  //
  kDo,           // statements[operand]
  kCall,         // the unit (an included script) at units[operand], with its own variables
  kReturn,       // from a unit; at the top: the end
  kStop,         // the end of the evaluation of this program
  kEachPart,     // begins a foreverypart (RFC 5703); past the loop, at operand, when there is none
  kNextPart,     // back to operand while there are parts
  kBreak,        // out of `depth` loops, to operand
};

struct Instruction {
  Op op = Op::kStop;
  uint8_t depth = 0;  // kBreak; kCall: 1 when only a unit that was not called yet is
  uint32_t operand = 0;
  uint32_t line = 0;  // in the source, from 1; 0: none
};

struct Variable {
  std::string name;     // lower case; with its namespace
  bool global = false;  // RFC 6609: shared by all units of one evaluation
};

// An included script (RFC 6609), compiled along.
struct Unit {
  std::string name;
  bool personal = true;
  uint32_t begin = 0;               // in code, past the top's kStop; ends with kReturn
  std::vector<uint32_t> variables;  // its own, empty at each call; no global ones
};

// A rule that is independent of those before and after it, but for what they did: most rules
// are `if` with one test. Lets the engine leave out those whose literals the mail has not.
struct RuleSpan {
  uint32_t begin = 0, end = 0;  // in code: [begin, end)
  std::string name;             // as its author called it; may be empty
  uint32_t line = 0;
};

// What front ends share about where a program came from.
struct Origin {
  std::string file_name;  // for people
  std::string language;   // "sieve", "jsmail-reject", …: rules.proto's names in lower case
  std::string hash;       // SHA-256 of the source, in hex
};

// Compiled, and never changed again: a mail is judged by one Program from beginning to end,
// whatever is imported meanwhile.
struct Program {
  Origin origin;
  std::vector<Test> tests;
  std::vector<Statement> statements;
  std::vector<Instruction> code;  // ends with kStop
  std::vector<Variable> variables;
  std::vector<Unit> units;
  std::vector<RuleSpan> rules;  // in order, without overlap; code outside them always runs
  std::vector<std::string>
      texts;  // of each rule, as its author wrote it; may be shorter than `rules`
  bool for_each_recipient =
      false;                      // judged once for each; the mail is rejected when all of them are
  bool accept_overrides = false;  // JSMail: compiled so; for people
  bool needs_message = false;     // more than a Mail holds: raw headers, parts
  bool needs_body = false;
  uint32_t runs = 0;  // RunProgram statements
  // The `line` of what is in a rule is the number that its owner knows the rule by.
  bool numbered_rules = false;
};
using ProgramPtr = std::shared_ptr<const Program>;

// The name of the rule of that number; empty: there is none, or rules have no numbers here.
absl::string_view NameOfRule(const Program& program, uint32_t number);
// "rule 3, 'Mute anna@x'" of a program with numbered rules.
std::string RuleInWords(absl::string_view name, uint32_t number);

// The file, or the included script, that the instruction at `at` was written in.
absl::string_view FileNameAt(const Program& program, size_t at);

// RE2's memory for one expression, of `count` in a program: 8 MiB, less when many
// share a program, so that no program takes more than some 256 MiB at its worst.
int64_t PatternMemory(size_t count);

struct PatternOptions {
  bool case_sensitive = true;
  bool longest_match = false;  // POSIX's captures
};
// `re2` in RE2's syntax, unanchored. kInvalidArgument in RE2's words.
absl::StatusOr<std::shared_ptr<const RE2>> CompilePattern(absl::string_view re2, int64_t max_mem,
                                                          PatternOptions options = {});

// The same program as people read it, one instruction a line: for tests and `rules check --code`.
std::string Listing(const Program& program);

}  // namespace postern::rules
