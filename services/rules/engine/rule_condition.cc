#include "services/rules/engine/rule_condition.h"

#include <algorithm>
#include <array>

namespace postern::rules {
namespace {

enum Truth : uint8_t { kUnknown, kYes, kNo };

bool IsConstant(const Keys& keys) {
  return std::all_of(keys.patterns.begin(), keys.patterns.end(),
                     [](const auto& pattern) { return pattern != nullptr; });
}

// Whether having been asked changes anything, even when the answer is no.
struct LeavesTrace {
  bool Of(const Match& match, const Keys& keys) {
    return match.captures || (match.type == MatchType::kRegex && !IsConstant(keys));
  }
  bool operator()(const ExistsTest&) { return false; }
  bool operator()(const SizeTest&) { return false; }
  bool operator()(const AttachmentTest&) { return false; }
  bool operator()(const ListTest&) { return false; }
  bool operator()(const ExitCodeTest&) { return false; }
  bool operator()(const DuplicateTest&) { return true; }
  bool operator()(const ForeignCall&) { return true; }
  template <typename Matching>
  bool operator()(const Matching& test) {
    return Of(test.match, test.keys);
  }
};

// All ways through the rule, each place once for each answer that it may be reached with.
class Walk {
 public:
  Walk(const Program& program, const RuleSpan& rule,
       const std::function<bool(uint32_t)>& is_filtered)
      : program_(program),
        rule_(rule),
        is_filtered_(is_filtered),
        reached_(rule.end - rule.begin) {}

  std::optional<std::vector<uint32_t>> Go() {
    Reach(rule_.begin, kUnknown);
    while (!open_.empty() && !acts_) {
      const Place place = open_.back();
      open_.pop_back();
      Step(place.at, place.truth);
    }
    if (acts_ || tests_.empty()) return std::nullopt;
    std::sort(tests_.begin(), tests_.end());
    tests_.erase(std::unique(tests_.begin(), tests_.end()), tests_.end());
    return std::move(tests_);
  }

 private:
  struct Place {
    uint32_t at = 0;
    Truth truth = kUnknown;
  };

  void Reach(uint32_t at, Truth truth) {
    if (at == rule_.end) return;
    if (at < rule_.begin || at > rule_.end) {
      acts_ = true;
      return;
    }
    bool& known = reached_[at - rule_.begin][truth];
    if (!known) open_.push_back({at, truth});
    known = true;
  }

  void Step(uint32_t at, Truth truth) {
    const Instruction& instruction = program_.code[at];
    const uint32_t target = instruction.operand;
    switch (instruction.op) {
      case Op::kTest:
        AskTest(at, target);
        return;
      case Op::kTrue:
        return Reach(at + 1, kYes);
      case Op::kFalse:
        return Reach(at + 1, kNo);
      case Op::kNot:
        return Reach(at + 1, truth == kYes ? kNo : truth == kNo ? kYes : kUnknown);
      case Op::kJump:
        return Reach(target, truth);
      case Op::kJumpIfTrue:
        if (truth != kNo) Reach(target, kYes);
        if (truth != kYes) Reach(at + 1, kNo);
        return;
      case Op::kJumpIfFalse:
        if (truth != kYes) Reach(target, kNo);
        if (truth != kNo) Reach(at + 1, kYes);
        return;
      default:
        acts_ = true;
    }
  }

  void AskTest(uint32_t at, uint32_t test) {
    if (is_filtered_(test)) {
      tests_.push_back(test);
      Reach(at + 1, kNo);
    } else if (std::visit(LeavesTrace{}, program_.tests[test])) {
      acts_ = true;
    } else {
      Reach(at + 1, kUnknown);
    }
  }

  const Program& program_;
  const RuleSpan& rule_;
  const std::function<bool(uint32_t)>& is_filtered_;
  std::vector<std::array<bool, 3>> reached_;
  std::vector<Place> open_;
  std::vector<uint32_t> tests_;
  bool acts_ = false;
};

}  // namespace

std::optional<std::vector<uint32_t>> DecidingTests(
    const Program& program, const RuleSpan& rule,
    const std::function<bool(uint32_t test)>& is_filtered) {
  if (rule.begin >= rule.end || rule.end > program.code.size()) return std::nullopt;
  return Walk(program, rule, is_filtered).Go();
}

}  // namespace postern::rules
