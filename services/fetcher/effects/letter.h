#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}

namespace postern::fetcher {

// What replacing may still make of one mail, and take: a short rule makes gigabytes of some mails,
// and an expression whose automaton gets out of hand takes a step for each byte and each of its
// instructions.
struct ReplacingLimits {
  size_t bytes = 32 * 1024 * 1024;
  uint64_t steps = 500'000'000;
  // Of CPU time: "a(.*b)?" is looked for to the end of the text at each "a".
  double seconds = 0.25;
};
// As RE2::GlobalReplace. False: there is no match, or not enough is left for what could come of it,
// and the text is as it was.
bool ReplaceAll(const re2::RE2& pattern, const std::string& with, ReplacingLimits& left,
                std::string& text);

// The header of a mail, field by field, and what follows it, to be changed and joined again. What
// is not changed stays as it is, byte for byte.
class Letter {
 public:
  explicit Letter(absl::string_view mail);

  // At the top, or below the others. Names that are none are left out; a value is one line, and
  // beyond ASCII it is encoded (RFC 2047).
  void Add(absl::string_view name, absl::string_view value, bool last);
  // That one of the fields of this name (any case), counted from 0.
  void Remove(absl::string_view name, size_t occurrence);
  // In the decoded values of all fields of this name. `with` as RE2::Rewrite has it.
  void Replace(absl::string_view name, const re2::RE2& pattern, const std::string& with,
               ReplacingLimits& left);

  std::string Join() const;

 private:
  struct Field {
    std::string name, text;  // as they stand, with the line end
  };
  std::vector<Field> fields_;
  std::string rest_;  // with the empty line
};

}  // namespace postern::fetcher
