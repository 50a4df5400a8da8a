#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "services/rules/engine/prefilter.h"
#include "services/rules/engine/run.h"

namespace postern::rules {

// Of one evaluation: which rules can concern the mail. The header is searched at once, the body
// when the first rule comes that hangs on it. What it costs grows with the mail and with what
// is found in it, not with the number of rules.
class Relevance {
 public:
  Relevance(const PreparedProgram& prepared, Run& run);

  // Where to go on from `at`: past rules that can't be true.
  size_t Next(size_t at);
  // The keys of that test that can be true, by ClassFilter::KeyOf; nothing: any of them.
  std::optional<std::span<const ClassFilter::Hit>> LikelyKeys(uint32_t test);
  // The mail is another one from here on: all rules are looked at.
  void Forget() { filter_ = nullptr; }

 private:
  using Prefilter = PreparedProgram::Prefilter;

  void SearchHeader();
  void SearchBody();
  void Search(const Prefilter::Class& one);
  void TakeHits();
  uint32_t NextRule(uint32_t rule, uint32_t until) const;

  Run& run_;
  const Prefilter* filter_;
  bool searched_body_ = false;
  std::vector<ClassFilter::Hit> hits_;  // what can be true, sorted
  std::vector<uint32_t> rules_;         // that hang on them, sorted
};

}  // namespace postern::rules
