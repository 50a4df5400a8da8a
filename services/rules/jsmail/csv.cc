#include "services/rules/jsmail/csv.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace postern::rules::jsmail {
namespace {

size_t SkipBlanks(absl::string_view line, size_t i) {
  while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
  return i;
}

// Reads what stands in quotes from `i`, behind the first of them. True: up to past the last.
bool ReadQuoted(absl::string_view line, size_t& i, std::string& text) {
  for (; i < line.size(); ++i) {
    if (line[i] != '"') {
      text += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      text += line[i++];
    } else {
      ++i;
      return true;
    }
  }
  return false;
}

}  // namespace

CsvLine SplitCsv(absl::string_view line) {
  CsvLine split;
  size_t i = 0;
  for (;;) {
    i = SkipBlanks(line, i);
    CsvField field{"", line.substr(i)};
    if (i < line.size() && line[i] == '"') {
      ++i;
      if (!ReadQuoted(line, i, field.text)) split.unclosed = field.at;
    }
    const size_t end = std::min(line.find(',', i), line.size());
    absl::StrAppend(&field.text, absl::StripTrailingAsciiWhitespace(line.substr(i, end - i)));
    split.fields.push_back(std::move(field));
    if (end == line.size()) return split;
    i = end + 1;
  }
}

}  // namespace postern::rules::jsmail
