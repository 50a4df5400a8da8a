#pragma once

#include <ostream>

#include "services/posternctl/rules_offline.h"

namespace postern::posternctl {

// What a content filter did with a mail, rule by rule, in the words of its file: the conditions
// that held, and what was done. With `every_step` also which rules did nothing.
void PrintFilterTrace(std::ostream& out, const OfflineAnswer& answer,
                      const rules::Evaluation& evaluation, bool every_step);

}  // namespace postern::posternctl
