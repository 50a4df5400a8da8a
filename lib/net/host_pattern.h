#pragma once

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace postern::net {

// Whether a host is one that `pattern` names: a name, or "*.example.org" for every name
// below that one. Letters count as the same in both cases. Pure.
inline bool MatchesHost(absl::string_view pattern, absl::string_view host) {
  if (!absl::ConsumePrefix(&pattern, "*.")) return absl::EqualsIgnoreCase(pattern, host);
  return host.size() > pattern.size() + 1 && host[host.size() - pattern.size() - 1] == '.' &&
         absl::EndsWithIgnoreCase(host, pattern);
}

// The same for a list of patterns.
template <class Patterns>
bool MatchesAnyHost(const Patterns& patterns, absl::string_view host) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [host](const auto& pattern) { return MatchesHost(pattern, host); });
}

}  // namespace postern::net
