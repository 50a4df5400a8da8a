#pragma once

#include <string>
#include <vector>

#include "services/rules/ir/statement.h"

// RFC 5232: lists of flags, which are names and may be several in a string.
namespace postern::rules {

// Each flag once, in any case; what can't be a flag is left out. At most 100.
std::vector<std::string> ReadFlags(const std::vector<std::string>& texts);

// `flags` after the change.
void ChangeFlagList(FlagChange change, const std::vector<std::string>& by,
                    std::vector<std::string>& flags);

}  // namespace postern::rules
