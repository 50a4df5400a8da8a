#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::rules::jsmail {

struct CsvField {
  std::string text;      // without quotes, and without the blanks around it
  absl::string_view at;  // where it begins in the line
};

struct CsvLine {
  std::vector<CsvField> fields;
  std::optional<absl::string_view> unclosed;  // a quote that has no end: senseless then
};

// The fields of one line, between commas. One that has commas itself stands in quotes, a quote
// in it twice (RFC 4180); a quote that is not at its beginning is a character like others.
CsvLine SplitCsv(absl::string_view line);

}  // namespace postern::rules::jsmail
