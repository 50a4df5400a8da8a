#pragma once

#include <optional>

#include "services/rules/sieve/scope.h"
#include "services/rules/sieve/signature.h"

namespace postern::rules::sieve {

// How a test compares (RFC 5228 section 2.7, RFC 5231, RFC 6134, draft-ietf-sieve-regex), and with
// what: the keys stand at `place`. Nothing after a problem.
struct Matching {
  Match match;
  Keys keys;
};
std::optional<Matching> ReadMatching(Scope& scope, const Arguments& arguments, size_t place);
// Without keys.
std::optional<Match> ReadMatch(Scope& scope, const Arguments& arguments);

AddressPart ReadAddressPart(const Arguments& arguments);
std::optional<Index> ReadIndex(Scope& scope, const Arguments& arguments);
std::optional<MimeScope> ReadMimeScope(Scope& scope, const Arguments& arguments);
// RFC 5229 section 4.1: as they are applied.
std::vector<Modifier> ReadModifiers(const Arguments& arguments);

// An expression of a script, compiled; null after a problem.
std::shared_ptr<const RE2> MakePattern(Scope& scope, absl::string_view posix, bool case_sensitive,
                                       Position at);

}  // namespace postern::rules::sieve
