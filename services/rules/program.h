#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// What every rule language compiles to. Today that is JSMail's reject file; a new
// language adds fields, tests and effects here and leaves the engine's shape alone.
namespace postern::rules {

// Which texts of a mail a test looks at.
enum class Field {
  kSource,       // envelope sender, From, Sender: bare addresses
  kDestination,  // the recipient in question: a bare address
  kSubject,      // decoded, unfolded
  kReceived,     // each Received field
};

// True when any value of the field has a match.
struct Test {
  Field field = Field::kSubject;
  std::shared_ptr<const RE2> pattern;
};

enum class Effect {
  kReject,
  kAccept,  // overrides every reject of the same program, wherever it stands
};

struct Rule {
  Test when;
  Effect then = Effect::kReject;
  int line = 0;      // in the source
  std::string text;  // as the author wrote it
};

// Compiled, and never changed again: a mail is judged by one Program from
// beginning to end, whatever is imported meanwhile.
struct Program {
  std::string file_name;  // for people
  std::string hash;       // SHA-256 of the source, in hex
  std::vector<Rule> rules;
};
using ProgramPtr = std::shared_ptr<const Program>;

// RE2's memory for one expression, of `count` in a program: 8 MiB, less when many
// share a program, so that no program takes more than some 256 MiB at its worst.
int64_t PatternMemory(size_t count);

// `re2` in RE2's syntax, case-sensitive, unanchored. kInvalidArgument in RE2's words.
absl::StatusOr<std::shared_ptr<const RE2>> CompilePattern(absl::string_view re2, int64_t max_mem);

}  // namespace postern::rules
