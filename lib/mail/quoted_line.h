#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace postern::mail {

// A line without its quote marks: ">> a", "> > a" and ">>a" are all "a", two deep. What is
// deeper than kMaxQuoteDepth keeps the marks that are left. XEP-0393 section 5.1.3, RFC 3676
// section 4.5.
struct QuotedLine {
  size_t depth = 0;
  absl::string_view content;
};

inline constexpr size_t kMaxQuoteDepth = 32;

inline QuotedLine SplitQuote(absl::string_view line, size_t max_depth = kMaxQuoteDepth) {
  QuotedLine quoted;
  while (quoted.depth < max_depth && !line.empty() && line.front() == '>') {
    line.remove_prefix(1);
    ++quoted.depth;
    const bool goes_on = line.substr(0, 2) == " >" && quoted.depth < max_depth;
    if (goes_on) line.remove_prefix(1);
  }
  if (quoted.depth > 0 && !line.empty() && line.front() == ' ') line.remove_prefix(1);
  quoted.content = line;
  return quoted;
}

}  // namespace postern::mail
