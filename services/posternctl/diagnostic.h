#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// Errors and warnings about files, as compilers write them: editors find the place.
namespace postern::posternctl {

// Where something stands in a file, and what.
struct Diagnostic {
  std::string file;
  int line = 0, column = 0;
  std::string severity;  // "error", "warning"
  std::string text;
};
// "ann.sieve:3:16: reason", as everything here tells it; nothing of what names no place. The file
// called `name` is the one at `path`; others (included scripts) keep their names.
std::optional<Diagnostic> ReadDiagnostic(const std::string& line, const std::string& severity,
                                         const std::string& name, const std::string& path);

// "scripts/ann.sieve:3:16: error: reason".
std::string ToString(const Diagnostic& diagnostic);
// Whether a line is one.
bool IsDiagnostic(absl::string_view line);

}  // namespace postern::posternctl
