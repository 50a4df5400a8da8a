#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "services/rules/ir/program.h"

namespace postern::rules {

// Looks at a rule without a mail: which tests decide that it does nothing. When none of those
// that it names can be true, the rule can be left out. Nothing when it has to run always: it does
// something although all of them are false (`not`, `else`), or a test in it leaves a trace.
// `is_filtered` says of which tests it is known beforehand that they can't be true. Linear.
std::optional<std::vector<uint32_t>> DecidingTests(
    const Program& program, const RuleSpan& rule,
    const std::function<bool(uint32_t test)>& is_filtered);

}  // namespace postern::rules
