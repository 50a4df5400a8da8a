#include "services/rules/engine/prepared_program.h"

#include <utility>

#include "services/rules/engine/prefilter.h"

namespace postern::rules {

PreparedProgram::PreparedProgram(ProgramPtr program) : program_(std::move(program)) {}

PreparedProgram::~PreparedProgram() = default;

}  // namespace postern::rules
