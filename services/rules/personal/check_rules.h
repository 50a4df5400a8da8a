#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"

namespace postern::rules::personal {

// Whether these may be the rules of `user` (a bare JID in lower case); puts them into their one
// form, and gives those without an id one that none of them had before. kInvalidArgument and
// kResourceExhausted with a wording; the field is "rule:r3", or "rule:#2" of the second one when it
// came without an id.
absl::Status CheckRules(v1::PersonalRules& rules, absl::string_view user);

// The 3 of "r3"; nothing for what is no id.
std::optional<uint32_t> NumberOf(absl::string_view id);

}  // namespace postern::rules::personal
