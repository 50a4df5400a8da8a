#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/rules/engine/run.h"

namespace postern::rules {

// What a macro of the content filter stands for, "SENDER", "HEADER:X-Spam", without the dollar
// signs: rules reference 2.3. On one line without controls, at most `most` code points (0: 998);
// of those that are lists (BODY, HEADERS, ATTACHMENTS) each on its line, 16 KiB in all. Nothing
// for one that isn't known: it stays as it stands.
std::optional<std::string> MacroValue(absl::string_view name, const Run& run, uint32_t most = 0);

// An item of RFC 5183; nothing when there is none of that name.
std::optional<std::string> EnvironmentItem(absl::string_view name, const Run& run);

}  // namespace postern::rules
