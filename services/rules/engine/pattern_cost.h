#pragma once

#include <re2/re2.h>

#include <algorithm>
#include <cstddef>

namespace postern::rules {

// What looking for `pattern` in a text may take of a budget, in bytes, beside the text. An
// automaton that gets out of hand takes a step for each byte and each instruction: some
// microseconds a byte for "[a-q].{250}[a-q].{250}!".
inline size_t PatternCost(const RE2& pattern, size_t text_bytes) {
  constexpr size_t kInstructions = 8;
  return text_bytes * (static_cast<size_t>(std::max(pattern.ProgramSize(), 0)) / kInstructions);
}

}  // namespace postern::rules
