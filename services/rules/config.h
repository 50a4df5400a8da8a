#pragma once

#include "lib/process/program.h"

namespace postern::rules {

// The rules service has no options beside those that every service has.
struct Config {};

void AddOptions(process::Program& program, Config& config);
// Rejects values that can't work, all of them at once.
void CheckConfig(process::Program& program, const Config& config);

}  // namespace postern::rules
