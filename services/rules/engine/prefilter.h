#pragma once

#include <cstddef>

#include "services/rules/engine/prepared_program.h"
#include "services/rules/engine/run.h"

namespace postern::rules {

class PreparedProgram::Prefilter {};

// Of one evaluation: which rules can concern the mail.
class Relevance {
 public:
  Relevance(const PreparedProgram& prepared, Run& run) {}

  // Where to go on from `at`: past rules that can't be true.
  size_t Next(size_t at) { return at; }
  // The mail is another one from here on: all rules are looked at.
  void Forget() {}
};

}  // namespace postern::rules
