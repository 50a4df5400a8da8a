#include "services/rules/engine/sure_failure.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/engine/run_limits.h"

namespace postern::rules {
namespace {

constexpr int kMaxDepth = 10;          // of included scripts
constexpr size_t kMaxLooked = 20'000;  // instructions: a unit may be called often

// Counts what is done whatever the mail is.
class Counter {
 public:
  Counter(const Program& program, const EvaluationLimits& limits, bool operator_rule)
      : program_(program),
        redirects_(MostRedirects(limits, operator_rule)),
        notifies_(MostNotifies(limits, operator_rule)),
        actions_(limits.actions),
        file_(program.origin.file_name) {}

  std::optional<Problem> Go() {
    Walk(0, 0);
    return std::move(found_);
  }

 private:
  // False: the end of the program, or enough is known.
  bool Walk(size_t at, int depth) {
    while (at < program_.code.size()) {
      const Instruction& instruction = program_.code[at];
      if (++looked_ > kMaxLooked) return false;
      switch (instruction.op) {
        case Op::kStop:
          return false;
        case Op::kReturn:
          return depth > 0;
        case Op::kDo:
          if (!Count(program_.statements[instruction.operand], instruction.line)) return false;
          ++at;
          break;
        case Op::kCall:
          if (!Call(instruction, depth)) return false;
          ++at;
          break;
        case Op::kJump:
          at = std::max<size_t>(at + 1, instruction.operand);
          break;
        case Op::kJumpIfTrue:
        case Op::kJumpIfFalse:
        case Op::kEachPart:
          at = Behind(at);
          break;
        default:
          ++at;
      }
    }
    return false;
  }

  // Past what depends on the condition at `at`, and past its other ways.
  size_t Behind(size_t at) const {
    size_t end = std::max<size_t>(at + 1, program_.code[at].operand);
    for (size_t i = at + 1; i < std::min(end, program_.code.size()); ++i) {
      const Instruction& inside = program_.code[i];
      const bool leaves = inside.op == Op::kJump || inside.op == Op::kJumpIfTrue ||
                          inside.op == Op::kJumpIfFalse || inside.op == Op::kBreak;
      if (leaves) end = std::max<size_t>(end, inside.operand);
    }
    return end;
  }

  bool Call(const Instruction& instruction, int depth) {
    if (depth == kMaxDepth || instruction.depth > 0) return false;
    const Unit& unit = program_.units[instruction.operand];
    const std::string file = std::exchange(file_, unit.name);
    const bool goes_on = Walk(unit.begin, depth + 1);
    file_ = file;
    return goes_on;
  }

  bool Count(const Statement& statement, uint32_t line) {
    if (const auto* redirect = std::get_if<Redirect>(&statement)) {
      if (!redirect->address.constant()) return true;
      const std::string key = absl::StrCat(redirect->headers_only, " ",
                                           absl::AsciiStrToLower(redirect->address.literal()));
      if (!to_.insert(key).second) return true;
      return Check(to_.size(), redirects_, "redirects", line) && CountAction(line);
    }
    if (std::holds_alternative<Notify>(statement)) {
      return Check(++notified_, notifies_, "notifications", line) && CountAction(line);
    }
    const auto* file = std::get_if<FileInto>(&statement);
    if (file == nullptr || !file->mailbox.constant() || file->special_use || file->mailbox_id)
      return true;
    const std::string mailbox = file->mailbox.literal();
    if (absl::EqualsIgnoreCase(mailbox, "INBOX") || !into_.insert(mailbox).second) return true;
    return CountAction(line);
  }

  bool CountAction(uint32_t line) { return Check(++done_, actions_, "actions", line); }

  bool Check(size_t count, uint32_t most, const char* what, uint32_t line) {
    if (count <= most) return true;
    Problem& problem = found_.emplace();
    problem.at.line = std::max(line, 1u);
    problem.file = file_;
    problem.warning = true;
    problem.text = absl::StrCat("more than ", most, " ", what,
                                " of one mail are an error: nothing of all this is done then, and "
                                "the mail is kept");
    return false;
  }

  const Program& program_;
  const uint32_t redirects_, notifies_, actions_;
  std::string file_;                 // that of the instruction
  std::set<std::string> to_, into_;  // the same twice is done once
  size_t notified_ = 0, done_ = 0, looked_ = 0;
  std::optional<Problem> found_;
};

}  // namespace

std::optional<Problem> SureFailure(const Program& program, const EvaluationLimits& limits,
                                   bool operator_rule) {
  return Counter(program, limits, operator_rule).Go();
}

}  // namespace postern::rules
