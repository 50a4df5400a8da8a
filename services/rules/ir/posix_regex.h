#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::rules {

inline constexpr size_t kMaxPosixRegexBytes = 1024;

// A POSIX extended regular expression, as draft-ietf-sieve-regex has it, in RE2's syntax. What RE2
// reads in its own way is never handed on as it stands: \d is the letter d, [[.a.]] is a. `pattern`
// is UTF-8. kInvalidArgument: what is wrong, and at which character; back-references are refused,
// for no engine does them in linear time.
absl::StatusOr<std::string> TranslatePosixRegex(absl::string_view pattern);

}  // namespace postern::rules
