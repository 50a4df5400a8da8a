#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::mail {

// "attachment; filename=a.txt": the shape of Content-Type and Content-Disposition.
struct ParameterizedValue {
  std::string value;                                            // lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names lower case, values UTF-8

  // The value of that parameter; empty when absent.
  absl::string_view Get(absl::string_view name) const;
};

// Reads RFC 2045 section 5.1 parameters with the extensions of RFC 2231
// (charset, continuations; these win over a plain twin) and the habits of
// mailers: encoded words, raw 8-bit, spaces without quotes. At most 100 are kept.
ParameterizedValue ParseParameterized(absl::string_view field_body);

}  // namespace postern::mail
