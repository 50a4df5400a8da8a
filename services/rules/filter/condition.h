#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/rules/filter/rule_file.h"
#include "services/rules/ir/program.h"

namespace postern::rules::filter {

// A condition holds when all questions of one of its clauses have the answer that is wanted.
struct Question {
  Test test;
  bool negated = false;
};
using Clause = std::vector<Question>;
struct Condition {
  std::vector<Clause> clauses;  // "all messages" is one without a question
  std::string problem;          // why nobody here can ask that; senseless then
};

// What a file has put together so far, and conditions refer to.
struct Gathered {
  Program program;
  std::vector<uint32_t> runs;  // of the programs that rules before this one may have run
  uint32_t last_run = 0;       // the variable that has the last one of them
  size_t patterns = 1;         // in all of the file
};

// What is wrong with it, and no problem of ours, is told to `source`.
Condition ReadCondition(const ConditionLine& line, const Rule& rule, Gathered& gathered,
                        Source& source);

// An expression of the content filter's dialect; null: what is wrong has been told.
std::shared_ptr<const RE2> ReadPattern(absl::string_view written, const Line& line, bool any_case,
                                       bool many_lines, const Gathered& gathered, Source& source,
                                       size_t* groups = nullptr);
// Macros of a text; those that nobody knows are told.
Text ReadText(absl::string_view written, const Line& line, const Rule& rule, uint32_t most,
              Gathered& gathered, Source& source);

}  // namespace postern::rules::filter
