#pragma once

#include "postern/rules/v1/rules.pb.h"
#include "services/rules/personal/complaint.h"

namespace postern::rules::personal {

// Whether a condition can be asked as it stands; puts it into its one form: without blanks around
// the values, with the comparison that is meant where none is named.
Complaint CheckCondition(v1::PersonalCondition& condition);

// Cuts off blanks at both ends. A text of one line, not too long, not empty.
Complaint CheckValue(std::string& value);

}  // namespace postern::rules::personal
