#pragma once

#include <memory>

#include "services/rules/ir/program.h"

namespace postern::rules {

// A program with what finds out at once which of its rules a mail can concern: literals and
// expressions of all rules together, by the field that they are looked for in. Made once, off
// the hot path; shared by all evaluations; immutable.
class PreparedProgram {
 public:
  explicit PreparedProgram(ProgramPtr program);
  ~PreparedProgram();
  const Program& program() const { return *program_; }

  class Prefilter;
  const Prefilter* prefilter() const { return prefilter_.get(); }

 private:
  ProgramPtr program_;
  std::unique_ptr<Prefilter> prefilter_;
};
using PreparedProgramPtr = std::shared_ptr<const PreparedProgram>;

}  // namespace postern::rules
