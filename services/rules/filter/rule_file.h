#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/jsmail/source.h"

// The lines of cfrules.dat as values; what they mean is asked later.
namespace postern::rules::filter {

using jsmail::Line;
using jsmail::Source;

struct ConditionLine {
  Line line;
  absl::string_view what;    // "SUBJECT"
  absl::string_view op;      // "does not contain"
  bool any = false;          // of several values one is enough
  absl::string_view values;  // with the bars between them, without the last one
};

struct ActionLine {
  Line line;
  absl::string_view name;       // "add header"
  absl::string_view arguments;  // as they stand
};

enum class Queue : uint8_t { kLocal, kRemote, kBoth };

struct Rule {
  Line line;  // of "[Rule001]"
  uint32_t number = 0;
  std::string name;  // "Rule001" when it has none
  bool enabled = true;
  bool broken = false;  // a line of it could not be read, which has been told
  bool any = false;     // one condition is enough
  Queue queue = Queue::kBoth;
  std::vector<ConditionLine> conditions;
  std::vector<ActionLine> actions;
};

// In their order. What can't be read is told to `source`.
std::vector<Rule> ReadRules(Source& source);

}  // namespace postern::rules::filter
