#include "services/posternctl/diagnostic.h"

#include <re2/re2.h>

#include "absl/strings/str_cat.h"

namespace postern::posternctl {

std::optional<Diagnostic> ReadDiagnostic(const std::string& line, const std::string& severity,
                                         const std::string& name, const std::string& path) {
  static const RE2& place = *new RE2(R"((?s)([^\n]+?):(\d+):(\d+): (.*))");
  Diagnostic read;
  if (!RE2::FullMatch(line, place, &read.file, &read.line, &read.column, &read.text)) {
    return std::nullopt;
  }
  read.severity = severity;
  if (read.file == name) read.file = path;
  return read;
}

std::string ToString(const Diagnostic& diagnostic) {
  return absl::StrCat(diagnostic.file, ":", diagnostic.line, ":", diagnostic.column, ": ",
                      diagnostic.severity, ": ", diagnostic.text);
}

bool IsDiagnostic(absl::string_view line) {
  static const RE2& form = *new RE2(R"(.+:\d+:\d+: (error|warning): )");
  return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), form);
}

}  // namespace postern::posternctl
