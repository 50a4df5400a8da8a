#include <utility>

#include "absl/strings/str_cat.h"
#include "services/rules/engine/relevance.h"
#include "services/rules/engine/run.h"
#include "services/rules/engine/words.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxCalls = 10;  // units in units
constexpr size_t kMaxLoops = 8;

class Interpreter {
 public:
  Interpreter(Run& run, const PreparedProgram& prepared)
      : run_(run), program_(run.program), relevance_(prepared, run) {}

  void Go() {
    while (!run_.failed() && at_ < program_.code.size()) {
      if (frames_.empty()) at_ = relevance_.Next(at_);
      if (at_ >= program_.code.size()) return;
      const Instruction& instruction = program_.code[at_];
      run_.line = instruction.line;
      run_.budget.Step();
      if (!Execute(instruction)) return;
      if (run_.budget.spent()) OutOfBudget();
    }
  }

 private:
  // What is gone on with after a unit.
  struct Frame {
    size_t back = 0;
    size_t loops = 0;
    std::vector<std::string> match_values;
  };

  void OutOfBudget() {
    run_.Fail(run_.budget.late() ? "the rules took too long for this mail"
                                 : "the rules have too much to do for this mail");
  }

  // False: the end.
  bool Execute(const Instruction& instruction) {
    const size_t next = at_ + 1;
    size_t target = next;
    switch (instruction.op) {
      case Op::kTest:
        Test(instruction.operand);
        break;
      case Op::kTrue:
        truth_ = true;
        break;
      case Op::kFalse:
        truth_ = false;
        break;
      case Op::kNot:
        truth_ = !truth_;
        break;
      case Op::kJump:
        target = instruction.operand;
        break;
      case Op::kJumpIfTrue:
        if (truth_) target = instruction.operand;
        break;
      case Op::kJumpIfFalse:
        if (!truth_) target = instruction.operand;
        break;
      case Op::kDo:
        Do(program_.statements[instruction.operand], run_);
        if (!run_.out.edits.empty()) relevance_.Forget();
        break;
      case Op::kCall:
        target = Call(instruction);
        break;
      case Op::kReturn:
        if (frames_.empty()) return false;
        target = Return();
        break;
      case Op::kStop:
        return false;
      case Op::kEachPart:
        target = EachPart(instruction);
        break;
      case Op::kNextPart:
        target = NextPart(instruction);
        break;
      case Op::kBreak:
        for (int i = 0; i < instruction.depth && !run_.loops.empty(); ++i) run_.loops.pop_back();
        target = instruction.operand;
        break;
    }
    at_ = target;
    return true;
  }

  void Test(uint32_t index) {
    truth_ = false;
    const rules::Test& test = program_.tests[index];
    run_.likely_keys = relevance_.LikelyKeys(index);
    if (!run_.likely_keys || !run_.likely_keys->empty()) truth_ = Ask(test, run_);
    run_.likely_keys.reset();
    if (!truth_ && !run_.limits.trace) return;
    std::string words = InWords(test, run_);
    if (truth_ && !run_.matched.empty()) absl::StrAppend(&words, " matched \"", run_.matched, "\"");
    if (!truth_) absl::StrAppend(&words, ": no");
    run_.Say(words, /*action=*/false);
  }

  size_t Call(const Instruction& instruction) {
    const bool fresh = run_.called.insert(instruction.operand).second;
    if (instruction.depth == 1 && !fresh) return at_ + 1;
    if (frames_.size() >= kMaxCalls) {
      run_.Fail("scripts include one another too deeply");
      return at_;
    }
    const Unit& unit = program_.units[instruction.operand];
    for (uint32_t slot : unit.variables) run_.variables[slot].clear();
    frames_.push_back({at_ + 1, run_.loops.size(), std::exchange(run_.match_values, {})});
    return unit.begin;
  }

  size_t Return() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    run_.loops.resize(frame.loops);
    run_.match_values = std::move(frame.match_values);
    return frame.back;
  }

  // RFC 5703 section 3: all parts, the mail itself first; inside another loop those in its part.
  size_t EachPart(const Instruction& instruction) {
    const auto& parts = run_.message.Parts();
    Run::Loop loop{0, parts.size()};
    if (!run_.loops.empty()) loop = {run_.part() + 1, parts[run_.part()].end};
    if (loop.part >= loop.end || run_.loops.size() >= kMaxLoops) return instruction.operand;
    run_.loops.push_back(loop);
    return at_ + 1;
  }

  size_t NextPart(const Instruction& instruction) {
    if (run_.loops.empty()) return at_ + 1;
    Run::Loop& loop = run_.loops.back();
    if (++loop.part < loop.end) return instruction.operand;
    run_.loops.pop_back();
    return at_ + 1;
  }

  Run& run_;
  const Program& program_;
  Relevance relevance_;
  size_t at_ = 0;
  bool truth_ = false;
  std::vector<Frame> frames_;
};

}  // namespace

void Interpret(Run& run, const PreparedProgram& prepared) { Interpreter(run, prepared).Go(); }

}  // namespace postern::rules
