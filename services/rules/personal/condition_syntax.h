#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/personal/syntax_parts.h"

namespace postern::rules::personal {

// The list that stands for the user's contacts (RFC 6134's ":addrbook:default").
inline constexpr char kContacts[] = "contacts";

// What a condition asks, as a test of Sieve. The condition was checked (check_condition.h).
sieve::TestNode TestOf(const v1::PersonalCondition& condition, Extensions& needed);

// "500K", "2M", "2 MB", "1048576": bytes; nothing when it is no size, or larger than 1 TiB.
std::optional<uint64_t> ReadSize(absl::string_view text);

}  // namespace postern::rules::personal
