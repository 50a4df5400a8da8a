#pragma once

#include <compare>
#include <string>

#include "absl/strings/string_view.h"
#include "services/rules/ir/test.h"

// What RFC 4790, RFC 5051 and RFC 5231 say of comparing.
namespace postern::rules {

// The form in which texts that are equal are the same bytes, and a part of a text a part of the
// bytes. As it is with i;octet and i;ascii-numeric.
std::string Folded(absl::string_view text, Collation collation);

// `left` and `right` as they are, not folded.
std::strong_ordering Compare(absl::string_view left, absl::string_view right, Collation collation);

bool Holds(std::strong_ordering order, Relation relation);

// How many bytes the character at the head of `text` takes that "?" stands for: one with
// i;octet, else a code point.
size_t CharacterLength(absl::string_view text, Collation collation);

// Where `part` first is in `text` from `at` on; npos. Linear in both, which string_view's is not.
size_t FindText(absl::string_view text, absl::string_view part, size_t at = 0);

}  // namespace postern::rules
