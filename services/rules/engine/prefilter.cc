#include "services/rules/engine/prefilter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/rules/engine/rule_condition.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxBytes = 2 << 20, kMaxPatterns = 4000;  // looked for, in all classes together
// Of the tables of all classes together, and of one at least.
constexpr size_t kAllCells = 2 * LiteralSet::kMaxCells, kMinCells = 4096;
// To take expressions apart, which are never run here; of one, and of all together.
constexpr int64_t kPatternMemory = 1 << 20, kAllPatternMemory = 64 << 20;

size_t BytesOf(const Keys& keys) {
  size_t bytes = 0;
  for (const Text& key : keys.texts) bytes += key.literal().size() + 2;
  return bytes;
}

}  // namespace

PreparedProgram::Prefilter::Prefilter(const Program& program)
    : rules_(program.rules.size()),
      rule_at_(program.code.size() + 1, kNoRule),
      judged_(program.tests.size(), Judged::kNever),
      rules_of_(program.tests.size()) {
  AddTests(program);
  AddRules(program);
  class_at_.clear();
}

ClassFilter& PreparedProgram::Prefilter::FilterOf(const FieldClass& field) {
  const std::string key = absl::StrCat(static_cast<int>(field.kind), " ",
                                       static_cast<int>(field.part), " ", field.name);
  const auto [known, fresh] = class_at_.try_emplace(key, static_cast<uint32_t>(classes_.size()));
  if (fresh) {
    const uint32_t place = known->second;
    classes_.emplace_back();
    classes_.back().field = field;
    if (field.of_field()) {
      classes_of_[field.name].push_back(place);
    } else if (field.of_body()) {
      body_classes_.push_back(place);
    } else {
      other_classes_.push_back(place);
    }
  }
  return classes_[known->second].filter;
}

// Whether there is room for all that a test looks for.
bool PreparedProgram::Prefilter::TakeRoom(const LookedFor& what) {
  const size_t classes = what.classes.size();
  const size_t bytes = classes * BytesOf(*what.keys);
  const size_t patterns = classes * what.keys->patterns.size();
  if (bytes > kMaxBytes - bytes_ || patterns > kMaxPatterns - patterns_) return false;
  bytes_ += bytes;
  patterns_ += patterns;
  return true;
}

void PreparedProgram::Prefilter::AddTests(const Program& program) {
  std::vector<LookedFor> looked_for;
  for (const Test& test : program.tests) {
    looked_for.push_back(WhatIsLookedFor(test));
    if (!looked_for.back().classes.empty() && !TakeRoom(looked_for.back()))
      looked_for.back().classes.clear();
  }
  const auto sharers = static_cast<int64_t>(std::max<size_t>(patterns_, 1));
  const int64_t memory = std::min(kPatternMemory, kAllPatternMemory / sharers);
  for (uint32_t i = 0; i < looked_for.size(); ++i) {
    const LookedFor& what = looked_for[i];
    bool judged = !what.classes.empty();
    for (const FieldClass& field : what.classes)
      judged = judged && FilterOf(field).Add(i, *what.match, *what.keys, memory);
    if (!judged) continue;
    judged_[i] = what.classes[0].of_body() ? Judged::kByBody : Judged::kByHeader;
  }
  size_t weight = 1;
  for (const Class& one : classes_) weight += one.filter.weight();
  for (Class& one : classes_) {
    const size_t share = kAllCells * one.filter.weight() / weight;
    const size_t cells = std::clamp(share, kMinCells, LiteralSet::kMaxCells);
    for (uint32_t test : one.filter.Build(cells)) judged_[test] = Judged::kNever;
  }
}

void PreparedProgram::Prefilter::AddRules(const Program& program) {
  const auto is_filtered = [this](uint32_t test) { return judged_[test] != Judged::kNever; };
  for (uint32_t i = 0; i < program.rules.size(); ++i) {
    const RuleSpan& span = program.rules[i];
    if (span.begin >= program.code.size()) continue;
    rule_at_[span.begin] = i;
    const auto tests = DecidingTests(program, span, is_filtered);
    if (!tests) continue;
    rules_[i].skippable = true;
    for (uint32_t test : *tests) {
      rules_of_[test].push_back(i);
      rules_[i].needs_body = rules_[i].needs_body || judged_[test] == Judged::kByBody;
    }
  }
  for (uint32_t i = static_cast<uint32_t>(rules_.size()); i-- > 0;) {
    const bool has_next = i + 1 < rules_.size();
    const bool goes_on =
        has_next && rules_[i + 1].skippable && program.rules[i + 1].begin == program.rules[i].end;
    rules_[i].same_until = goes_on ? rules_[i + 1].same_until : i + 1;
    rules_[i].headers_until = rules_[i].needs_body ? i
                              : has_next           ? rules_[i + 1].headers_until
                                                   : i + 1;
  }
}

const std::vector<uint32_t>* PreparedProgram::Prefilter::ClassesOf(
    absl::string_view field_name) const {
  const auto those = classes_of_.find(field_name);
  return those == classes_of_.end() ? nullptr : &those->second;
}

}  // namespace postern::rules
