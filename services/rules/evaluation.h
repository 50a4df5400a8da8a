#pragma once

#include <array>
#include <vector>

#include "absl/status/status.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/program.h"

namespace postern::rules {

// kInvalidArgument: what is wrong with the call, and which mail of several it is.
absl::Status CheckEvaluate(const v1::EvaluateRequest& request);
absl::Status CheckEvaluateMails(const v1::EvaluateMailsRequest& request);

// The site's program, then the user's; null where there is none.
using Stages = std::array<ProgramPtr, 2>;

// What mails came to, as far as a rule fired: to be recorded.
struct Decisions {
  std::vector<v1::Decision> rejected, accepted;
};

// Judges one mail of a call that was checked, and adds to `decisions`.
void JudgeMail(const Stages& stages, const v1::EvaluateRequest& request,
               v1::EvaluateResponse& response, Decisions& decisions);

}  // namespace postern::rules
