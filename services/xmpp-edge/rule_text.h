#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// A user's rule in plain words, on one line: "If the sender is …: don't show it". Pure.
std::string RuleText(const rules::v1::PersonalRule& rule, const Words& words);

// The name that its user gave it; empty: the service calls it "Rule 3", which says nothing.
std::string GivenName(const rules::v1::PersonalRule& rule);

// What is done, in words that stand alone: for the actions of a form as well.
std::string ActionText(const rules::v1::PersonalAction& action, const Words& words);

// What a form offers: the word, and the value that stands for it.
using Choices = std::vector<std::pair<std::string, std::string>>;
Choices SubjectChoices(const Words& words);
// With "!" in front: negated.
Choices ComparisonChoices(const Words& words);
Choices ActionChoices(const Words& words);

// The values of these, and back. False: it is none.
std::string SubjectValue(const rules::v1::PersonalCondition& condition);
bool ReadSubject(absl::string_view value, rules::v1::PersonalCondition& condition);
std::string ComparisonValue(const rules::v1::PersonalCondition& condition);
bool ReadComparison(absl::string_view value, rules::v1::PersonalCondition& condition);
std::string ActionValue(const rules::v1::PersonalAction& action);
bool ReadAction(absl::string_view value, rules::v1::PersonalAction& action);
// Whether something has to stand beside it: a folder, an address, a text.
bool WantsValue(const rules::v1::PersonalAction& action);

}  // namespace postern::xmpp_edge
