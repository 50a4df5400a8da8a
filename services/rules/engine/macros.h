#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/rules/engine/run.h"

namespace postern::rules {

// What a macro of the content filter stands for, "SENDER", "HEADER:X-Spam", without the dollar
// signs: rules reference 2.3. On one line without controls, at most 998 code points. Nothing for
// one that isn't known: it stays as it stands.
std::optional<std::string> MacroValue(absl::string_view name, const Run& run);

// An item of RFC 5183; nothing when there is none of that name.
std::optional<std::string> EnvironmentItem(absl::string_view name, const Run& run);

}  // namespace postern::rules
