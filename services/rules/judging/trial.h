#pragma once

#include <string>

#include "postern/rules/v1/rules.pb.h"
#include "services/rules/programs/programs_in_force.h"

namespace postern::rules {

// Whether a mail is to be judged by what is tried, not by all that is in force.
bool IsOnTrial(const v1::EvaluateRequest& request);

// What is tried: a script in the place of the user's own, or of their personal rules.
v1::RuleProgram TriedProgram(const v1::EvaluateRequest& request);

// Puts `tried` there; null: nothing stands in that place.
void PutInPlace(PreparedProgramPtr tried, const v1::EvaluateRequest& request, Stages& stages);

}  // namespace postern::rules
