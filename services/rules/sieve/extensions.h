#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::rules::sieve {

struct Extension {
  absl::string_view name;
  std::vector<absl::string_view> brings = {};  // those that need no `require` of their own then
  bool operator_only = false;
};

// Null: there is none of that name. Names are compared as they stand (RFC 5228 section 2.10.5).
const Extension* FindExtension(absl::string_view name);

}  // namespace postern::rules::sieve
