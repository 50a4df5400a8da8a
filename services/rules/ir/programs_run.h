#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/rules/ir/problem.h"
#include "services/rules/ir/program.h"

namespace postern::rules {

// What the runner of programs has in its list, by name: why it can't be run; empty: it can.
using ListedPrograms = std::map<std::string, std::string>;

// A warning for each program that rules have run (RunProgram) and the list has not, or that can't
// be run, at the first place of each. Pure.
std::vector<Problem> UnlistedPrograms(const Program& program, const ListedPrograms& listed);

// A warning at the first place where a program is run; none where none is.
std::vector<Problem> WarnOfRuns(const Program& program, const std::string& text);

}  // namespace postern::rules
