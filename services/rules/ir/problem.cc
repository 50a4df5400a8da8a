#include "services/rules/ir/problem.h"

#include "absl/strings/str_cat.h"

namespace postern::rules {

std::string ToString(const Problem& problem) {
  return absl::StrCat(problem.file, ":", problem.at.line, ":", problem.at.column, ": ",
                      problem.warning ? "warning: " : "", problem.text);
}

absl::Status FirstError(const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) {
    if (!problem.warning) return absl::InvalidArgumentError(ToString(problem));
  }
  return absl::OkStatus();
}

}  // namespace postern::rules
