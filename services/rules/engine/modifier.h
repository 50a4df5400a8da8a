#pragma once

#include <string>
#include <vector>

#include "services/rules/ir/statement.h"

namespace postern::rules {

// RFC 5229 section 4.1 and RFC 5435 section 6: `value` after all of them, in order.
std::string Modified(std::string value, const std::vector<Modifier>& modifiers);

}  // namespace postern::rules
