#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/filter/condition.h"

// The questions of conditions that are about no text.
namespace postern::rules::filter {

// By what a scanner wrote into the header (RFC 5235 section 3.3: quite likely, or worse).
Test InfectedTest();
// The mail, or a part of it (RFC 1847, RFC 8551).
Test SignedTest();
// Of the program that was run last, if one was, and ended by itself: one that could not be run
// says nothing, neither so nor otherwise.
std::vector<Clause> ExitCodeClauses(int64_t code, bool negated, const Gathered& gathered);
// "10", "10 KB", "2 MB" in bytes: without a unit it is kilobytes. Nothing: it is no size.
std::optional<uint64_t> ReadSize(absl::string_view text);
// The list of addresses that a group is here: "Sales Team" is sales-team. Empty: it can't be one.
std::string GroupName(absl::string_view text);

}  // namespace postern::rules::filter
