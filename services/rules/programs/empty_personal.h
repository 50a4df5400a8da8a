#pragma once

#include "postern/rules/v1/rules.pb.h"

namespace postern::rules {

// Personal rules without a rule: they only remember which ids were given.
inline bool IsEmptyPersonal(const v1::RuleProgram& program) {
  return program.language() == v1::RULE_LANGUAGE_PERSONAL && program.program_hash().empty();
}

}  // namespace postern::rules
