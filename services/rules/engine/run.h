#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "services/rules/engine/budget.h"
#include "services/rules/engine/evaluate.h"

namespace postern::rules {

// The state of one evaluation of one program. The parts of the engine are functions over it.
struct Run {
  static constexpr size_t kMaxMatchValues = 32;  // ${0} to ${31}
  static constexpr size_t kMaxTrace = 200;
  static constexpr size_t kMaxMissing = 200;
  static constexpr size_t kMaxEdits = 64;

  Run(const Program& the_program, MessageView& the_message, const Facts& the_facts,
      const EvaluationLimits& the_limits, bool of_operator)
      : program(the_program),
        message(the_message),
        facts(the_facts),
        limits(the_limits),
        operator_rule(of_operator),
        budget(the_limits.steps, the_limits.wall),
        variables(the_program.variables.size()) {}

  const Program& program;
  MessageView& message;
  const Facts& facts;
  const EvaluationLimits& limits;
  bool operator_rule;
  mutable Budget budget;        // to look at things costs, too
  absl::string_view recipient;  // who is judged, when each is by itself

  // Of a suite's own commands; else null.
  Foreign* foreign = nullptr;
  Facts* changeable_facts = nullptr;

  std::vector<std::string> variables;
  std::vector<std::string> match_values;
  std::vector<std::string> flags;  // RFC 5232's internal variable
  std::set<uint32_t> called;       // units

  // The parts that foreverypart is at, the innermost last.
  struct Loop {
    size_t part = 0, end = 0;
  };
  std::vector<Loop> loops;

  // Of the test that is asked: the keys that are worth trying, in their lower halves; unset: all.
  std::optional<std::span<const uint64_t>> likely_keys;

  uint32_t line = 0;               // of the instruction that runs
  uint32_t rule = UINT32_MAX;      // in Program::rules; its name is $FILTERRULENAME$
  std::string matched;             // the value that made the last test true, for the trace
  bool told_cut = false;           // the trace says that not all of the mail was looked at
  std::vector<TraceStep> reasons;  // true tests that no action followed yet

  Evaluation out;

  // What is known of `key`; without it the evaluation will begin again.
  std::optional<absl::string_view> Fact(const FactKey& key);
  // The part that tests of parts look at; the mail itself outside of loops.
  size_t part() const { return loops.empty() ? 0 : loops.back().part; }

  void Say(absl::string_view text, bool action);
  // The first one counts.
  void Fail(absl::string_view message);
  bool failed() const { return out.error.has_value(); }
};

// A string of the program, put together. At most limits.variable_bytes of what a variable holds.
std::string Expand(const Text& text, const Run& run);
// The same of what replaces a match: RE2's, with \0 to \9 in what the rule says alone.
std::string ExpandReplacement(const Text& text, const Run& run);
std::string ExpandOr(const std::optional<Text>& text, const Run& run);  // "" without
std::vector<std::string> ExpandAll(const std::vector<Text>& texts, const Run& run);

// The answer to a test; sets match values.
bool Ask(const Test& test, Run& run);
// What a statement changes, or the action that it adds.
void Do(const Statement& statement, Run& run);

// From the first instruction to the end, or to an error.
void Interpret(Run& run, const PreparedProgram& prepared);

}  // namespace postern::rules
