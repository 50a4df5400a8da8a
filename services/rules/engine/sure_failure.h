#pragma once

#include <vector>

#include "services/rules/engine/evaluate.h"
#include "services/rules/ir/problem.h"

namespace postern::rules {

// Warnings about what can't go well, whatever the mail is: what no condition stands before, and is
// more redirects, notifications or actions than one mail may have; and commands that stand beside
// one another and can't be done together (RFC 5228 section 2.10.4, RFC 5429), with a condition or
// without. None: nothing is sure. Pure.
std::vector<Problem> SureFailures(const Program& program, const EvaluationLimits& limits,
                                  bool operator_rule);

}  // namespace postern::rules
