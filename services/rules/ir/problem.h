#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/rules/ir/program.h"

// What all front ends answer: a program, or where it is wrong.
namespace postern::rules {

struct Position {
  uint32_t line = 1, column = 1;  // columns in characters
};

struct Problem {
  Position at;
  std::string text;  // English: what is wrong, and what to do; never a secret of the source
  std::string file;  // the one that it is in: a script may include others
  bool warning = false;
};
std::string ToString(const Problem& problem);  // "file:3:14: reason", "file:3:14: warning: reason"

struct Compiled {
  ProgramPtr program;             // null with an error
  std::vector<Problem> problems;  // in the order of the source; at most 50
};

// kInvalidArgument with the first error, as ToString has it.
absl::Status FirstError(const std::vector<Problem>& problems);

}  // namespace postern::rules
