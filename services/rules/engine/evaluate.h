#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/rules/engine/action.h"
#include "services/rules/engine/facts.h"
#include "services/rules/engine/message_view.h"
#include "services/rules/engine/prepared_program.h"

namespace postern::rules {

// Section 5.1 of the rules reference.
struct EvaluationLimits {
  uint32_t steps = 20'000;  // instructions that ran; skipped rules don't count
  uint32_t actions = 32;
  uint32_t redirects = 4;  // operators' rules: 8
  uint32_t notifies = 3;   // operators' rules: 12
  uint32_t others = 10;    // whom a mail is delivered to; operators' rules: 100
  size_t variable_bytes = 4096;
  absl::Duration wall = absl::Milliseconds(50);  // looked at now and then
  bool trace = false;                            // every test, not only what decided
};

// To be remembered when all went well, and not before (RFC 7352 section 3).
struct Mark {
  FactKey key;
  uint64_t seconds = 0;
};

struct RunError {
  std::string message;  // for the author: "line 12: more than 4 redirects"
  std::string program;  // the hash of the one that failed
  uint32_t line = 0;
};

struct Evaluation {
  std::vector<Action> actions;  // in order, the implicit keep last; a stage's error leaves its keep
  std::vector<Edit> edits;
  std::vector<Mark> marks;
  std::vector<FactKey> missing;  // not empty: look them up and evaluate anew
  std::vector<TraceStep> trace;
  std::optional<RunError> error;
  bool kept = true;  // a keep, implicit or not: the next stage has its say
  bool stopped_by_reject = false;
  uint64_t work = 0;  // what it cost: instructions, and texts looked at, a step for each 8 KiB
};

// What ForeignCall does; without one, nothing and false.
class Foreign {
 public:
  virtual ~Foreign() = default;
  struct Argument {
    std::string tag;
    std::vector<std::string> texts;
    bool number = false;
  };
  // May change message and facts: what comes after sees it. `so_far` is what came out until now.
  virtual bool Call(const std::string& name, const std::vector<Argument>& arguments, uint32_t line,
                    MessageView& message, Facts& facts, Evaluation& so_far) = 0;
};

// One program, one mail: no I/O, no clock but for the limit, no state. The same for the same.
//
// The implicit keep: fileinto, redirect (both without :copy), discard, reject, quarantine and a
// deliver `to` others cancel it. A deliver to the owner and a hold do not: they say how and when
// what is kept is shown. After an error the program's actions are void and the mail is kept
// (RFC 5228 section 2.10.6); so are its edits and marks.
Evaluation Evaluate(const PreparedProgram& program, MessageView& message, const Facts& facts,
                    const EvaluationLimits& limits);
// The same with a suite's own commands, which see and change `facts`.
Evaluation EvaluateForeign(const PreparedProgram& program, MessageView& message, Facts& facts,
                           const EvaluationLimits& limits, Foreign& foreign);

// The stages speak in turn as long as the one before keeps the mail: the site's before, the
// domain's, the user's, the site's after. Flags and edits go along; `stop` ends a stage only.
// Null ones are left out.
struct Stage {
  PreparedProgramPtr program;
  bool operator_rule = false;
};
Evaluation EvaluateStages(std::span<const Stage> stages, MessageView& message, const Facts& facts,
                          const EvaluationLimits& limits);

}  // namespace postern::rules
