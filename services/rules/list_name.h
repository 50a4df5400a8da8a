#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::rules {

// The name of our list that a rule means: ":addrbook:default" (RFC 6134 section 2.6), which is
// "urn:ietf:params:sieve:addrbook:default" in full, is "contacts"; "tag:postern,group:sales" and
// "urn:postern:list:sales" are "sales"; anything else is itself. In lower case.
std::string NameOfList(absl::string_view said);

// Letters, digits, '-', '_' and '.', 64 at the most.
bool IsListName(absl::string_view name);

}  // namespace postern::rules
