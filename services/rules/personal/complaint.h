#pragma once

#include <optional>

#include "lib/words/wording.h"

namespace postern::rules::personal {

// What is wrong with a part of a rule, for its author; nothing: all is well.
using Complaint = std::optional<words::Wording>;

// Section 5.1 of the rules reference, and what a form can show.
inline constexpr size_t kMaxRules = 200;
inline constexpr size_t kMaxNameBytes = 100;
inline constexpr int kMaxConditions = 20;  // of a rule
inline constexpr int kMaxActions = 10;     // of a rule
inline constexpr int kMaxValues = 50;      // of a condition
inline constexpr size_t kMaxValueBytes = 512;
inline constexpr size_t kMaxReplyBytes = 4096;
inline constexpr size_t kMaxScriptBytes = 256 * 1024;  // all rules together, as they are stored

}  // namespace postern::rules::personal
