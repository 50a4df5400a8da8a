#include "services/rules/engine/prepared_program.h"

#include <utility>

#include "services/rules/engine/prefilter.h"

namespace postern::rules {

PreparedProgram::PreparedProgram(ProgramPtr program)
    : program_(std::move(program)), prefilter_(std::make_unique<Prefilter>(*program_)) {}

PreparedProgram::~PreparedProgram() = default;

}  // namespace postern::rules
