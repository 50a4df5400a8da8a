#pragma once

#include <optional>

#include "services/rules/engine/evaluate.h"
#include "services/rules/ir/problem.h"

namespace postern::rules {

// A warning about what goes wrong with every mail: more redirects, notifications or actions than
// one mail may have, though no condition stands before them. Nothing: it is not sure. Pure.
std::optional<Problem> SureFailure(const Program& program, const EvaluationLimits& limits,
                                   bool operator_rule);

}  // namespace postern::rules
