#include "services/rules/engine/sure_failure.h"

#include <algorithm>
#include <optional>
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
constexpr size_t kMaxTold = 10;

Problem WarningAt(absl::string_view file, uint32_t line, std::string text) {
  Problem problem;
  problem.at.line = std::max(line, 1u);
  problem.file = std::string(file);
  problem.warning = true;
  problem.text = std::move(text);
  return problem;
}

// What was met so far on one way, and can't be done with anything.
class Together {
 public:
  // Why a statement can't be done with those before it; empty: it can.
  std::string Add(const Statement& statement) {
    const auto* redirect = std::get_if<Redirect>(&statement);
    const bool delivers = std::holds_alternative<Keep>(statement) ||
                          std::holds_alternative<FileInto>(statement) ||
                          (redirect != nullptr && !redirect->list);
    const bool rejects = std::holds_alternative<Reject>(statement);
    const bool answers = std::holds_alternative<Vacation>(statement);
    const std::string why = Conflict(delivers, rejects, answers);
    delivers_ = delivers_ || delivers;
    rejects_ = rejects_ || rejects;
    answers_ = answers_ || answers;
    return why;
  }

 private:
  std::string Conflict(bool delivers, bool rejects, bool answers) const {
    if (rejects && rejects_) return "a mail can't be rejected twice";
    if (answers && answers_) return "a mail can't be answered by two vacation commands";
    if ((rejects && answers_) || (answers && rejects_))
      return "a mail can't be rejected and also answered by vacation";
    if ((rejects && delivers_) || (delivers && rejects_))
      return "a mail can't be rejected and also kept, filed or redirected";
    return "";
  }

  bool delivers_ = false, rejects_ = false, answers_ = false;
};

std::string NothingIsDone(absl::string_view why) {
  return absl::StrCat(why, ": nothing of all this is done then, and the mail is kept");
}

bool Jumps(Op op) {
  return op == Op::kJump || op == Op::kJumpIfTrue || op == Op::kJumpIfFalse ||
         op == Op::kEachPart || op == Op::kNextPart || op == Op::kBreak;
}

// Of commands that are done one after the other, whatever leads there.
std::vector<Problem> ConflictsSideBySide(const Program& program) {
  std::set<size_t> reached;  // from elsewhere
  for (const Instruction& instruction : program.code) {
    if (Jumps(instruction.op)) reached.insert(instruction.operand);
  }
  std::vector<Problem> problems;
  Together together;
  for (size_t at = 0; at < program.code.size() && problems.size() < kMaxTold; ++at) {
    const Instruction& instruction = program.code[at];
    if (instruction.op != Op::kDo || reached.contains(at)) together = Together();
    if (instruction.op != Op::kDo) continue;
    const std::string why = together.Add(program.statements[instruction.operand]);
    if (why.empty()) continue;
    problems.push_back(WarningAt(FileNameAt(program, at), instruction.line, NothingIsDone(why)));
    together = Together();
  }
  return problems;
}

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
    if (const std::string why = together_.Add(statement); !why.empty()) {
      found_ = WarningAt(file_, line, NothingIsDone(why));
      return false;
    }
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
    found_ = WarningAt(
        file_, line,
        NothingIsDone(absl::StrCat("more than ", most, " ", what, " of one mail are an error")));
    return false;
  }

  const Program& program_;
  const uint32_t redirects_, notifies_, actions_;
  std::string file_;                 // that of the instruction
  std::set<std::string> to_, into_;  // the same twice is done once
  Together together_;
  size_t notified_ = 0, done_ = 0, looked_ = 0;
  std::optional<Problem> found_;
};

}  // namespace

std::vector<Problem> SureFailures(const Program& program, const EvaluationLimits& limits,
                                  bool operator_rule) {
  std::vector<Problem> problems = ConflictsSideBySide(program);
  std::optional<Problem> sure = Counter(program, limits, operator_rule).Go();
  const bool told = sure && std::any_of(problems.begin(), problems.end(), [&](const Problem& one) {
                      return one.file == sure->file && one.at.line == sure->at.line;
                    });
  if (sure && !told) problems.push_back(*std::move(sure));
  return problems;
}

}  // namespace postern::rules
