#pragma once

#include <string>
#include <vector>

#include "lib/net/task.h"
#include "services/rules/engine/prepared_program.h"
#include "services/rules/judging/program_runner.h"

namespace postern::rules {

// What the runner can't run of what a program wants run, as warnings "file:line:column: text".
// Nobody is asked about a program that has none run.
net::Task<std::vector<std::string>> RunnerWarnings(PreparedProgramPtr program,
                                                   ProgramRunner& runner);

}  // namespace postern::rules
