#pragma once

#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/personal/complaint.h"

namespace postern::rules::personal {

// Whether an action of `rule` can be done; puts it into its one form. `user` is whose it is, a bare
// JID in lower case: mail of all accounts is not sent on to where it may come from.
Complaint CheckAction(v1::PersonalAction& action, const v1::PersonalRule& rule,
                      absl::string_view user);

}  // namespace postern::rules::personal
