#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// A rule as a form (XEP-0004), and back. Pure. Fields: name, on, account, any; for each condition
// N from 1 condition-N, header-N, comparison-N, values-N; for each action action-N, value-N; stop.
// And try: it is to be tried, not stored.

// All conditions and actions that the rule has, and room for more. `accounts`: names of those that
// receive mail.
DataForm RuleForm(const rules::v1::PersonalRule& rule, const std::vector<std::string>& accounts,
                  const Words& words);

// What was filled in, over the id of `before`. kInvalidArgument with a wording: what has to be
// filled in differently. Whether values make sense the rules service says.
// Whether it is to be tried, on the mails of a folder.
inline constexpr char kTryField[] = "try";
absl::StatusOr<rules::v1::PersonalRule> ReadRuleForm(const FieldValues& form,
                                                     const rules::v1::PersonalRule& before,
                                                     const std::vector<std::string>& accounts);

}  // namespace postern::xmpp_edge
