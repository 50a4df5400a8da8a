#pragma once

#include "services/rules/engine/run.h"

namespace postern::rules {

// Adds an action to what came out so far: one that is there already only once, within the limits,
// and none that the RFCs forbid beside another. What is wrong is an error of the run.
void AddAction(ActionKind kind, Run& run);

// After the last instruction: the implicit keep, unless it was cancelled, and what it means for
// the stages that follow. After an error nothing else is left.
void Conclude(Run& run);

}  // namespace postern::rules
