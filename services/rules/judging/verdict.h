#pragma once

#include <string>
#include <vector>

#include "postern/rules/v1/rules.pb.h"
#include "services/rules/engine/evaluate.h"
#include "services/rules/programs/programs_in_force.h"

namespace postern::rules {

// What an evaluation says, but for its actions (proposal.h): verdict, reason, edits, marks, trace,
// and what went wrong, for the user.
void FillResponse(const Evaluation& evaluation, const Stages& stages,
                  v1::EvaluateResponse& response);
// Actions name their program by its hash until now: people know files.
void NamePrograms(const Stages& stages, v1::EvaluateResponse& response);

// Some rule had something to say about the mail, or could not, so it is to be found out later why.
bool WasTouched(const v1::EvaluateResponse& response);
// The mail is not shown to its owner as it would be without rules.
bool IsWithheld(const v1::EvaluateResponse& response);

v1::Decision MakeDecision(const v1::EvaluateRequest& request, const v1::EvaluateResponse& response,
                          const std::string& program_hash);

}  // namespace postern::rules
