#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/rules/engine/class_filter.h"
#include "services/rules/engine/field_class.h"
#include "services/rules/engine/prepared_program.h"

namespace postern::rules {

// Made once for a program: which tests can be judged together, and which rules hang on them. What
// one looks for in many fields is kept for each of them: a test that would make too much of that is
// left to be asked by itself, so that a program of 256 KiB takes some 100 MiB at its worst.
class PreparedProgram::Prefilter {
 public:
  explicit Prefilter(const Program& program);

  // A rule, by its number in Program::rules.
  struct Rule {
    bool skippable = false;
    bool needs_body = false;     // one of its deciding tests looks at the body
    uint32_t same_until = 0;     // the first behind it that is not skippable, or not next to it
    uint32_t headers_until = 0;  // the first from it on that needs the body
  };

  const std::vector<Rule>& rules() const { return rules_; }
  // The rule that begins there; kNoRule.
  static constexpr uint32_t kNoRule = UINT32_MAX;
  uint32_t RuleAt(size_t instruction) const { return rule_at_[instruction]; }

  // The rules that a test decides.
  const std::vector<uint32_t>& RulesOf(uint32_t test) const { return rules_of_[test]; }

  enum class Judged : uint8_t { kNever, kByHeader, kByBody };
  Judged HowJudged(uint32_t test) const { return judged_[test]; }

  struct Class {
    FieldClass field;
    ClassFilter filter;
  };
  const std::deque<Class>& classes() const { return classes_; }
  // Of header fields: those of that name, as places in classes(). Others are in `always`.
  const std::vector<uint32_t>* ClassesOf(absl::string_view field_name) const;
  const std::vector<uint32_t>& body_classes() const { return body_classes_; }
  const std::vector<uint32_t>& other_classes() const { return other_classes_; }
  bool empty() const { return classes_.empty(); }

 private:
  void AddTests(const Program& program);
  bool TakeRoom(const LookedFor& what);
  void AddRules(const Program& program);
  ClassFilter& FilterOf(const FieldClass& field);

  size_t bytes_ = 0, patterns_ = 0;                      // looked for, in all classes together
  std::deque<Class> classes_;                            // which don't move
  absl::flat_hash_map<std::string, uint32_t> class_at_;  // only while it is made
  absl::flat_hash_map<std::string, std::vector<uint32_t>> classes_of_;
  std::vector<uint32_t> body_classes_, other_classes_;
  std::vector<Rule> rules_;
  std::vector<uint32_t> rule_at_;
  std::vector<Judged> judged_;
  std::vector<std::vector<uint32_t>> rules_of_;
};

}  // namespace postern::rules
