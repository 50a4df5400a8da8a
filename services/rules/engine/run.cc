#include "services/rules/engine/run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/rules/code_points.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxTraceText = 400;
constexpr size_t kMaxReasons = 20;
constexpr size_t kFactSought = 512;  // of the budget, bytes

}  // namespace

std::optional<absl::string_view> Run::Fact(const FactKey& key) {
  if (!budget.Spend(kFactSought + key.size())) return std::nullopt;
  const auto known = facts.looked_up.find(key);
  if (known != facts.looked_up.end()) return known->second;
  std::vector<FactKey>& missing = out.missing;
  if (missing.size() < kMaxMissing &&
      std::find(missing.begin(), missing.end(), key) == missing.end()) {
    missing.push_back(key);
  }
  return std::nullopt;
}

void Run::Say(absl::string_view text, bool action) {
  TraceStep step{program.origin.file_name, line, Shorten(text, kMaxTraceText), action,
                 std::string(NameOfRule(program, line))};
  if (!action && !limits.trace) {
    if (reasons.size() < kMaxReasons) reasons.push_back(std::move(step));
    return;
  }
  for (TraceStep& reason : reasons) {
    if (out.trace.size() < kMaxTrace) out.trace.push_back(std::move(reason));
  }
  reasons.clear();
  if (out.trace.size() < kMaxTrace) out.trace.push_back(std::move(step));
}

void Run::Fail(absl::string_view message) {
  if (failed()) return;
  RunError error;
  const absl::string_view rule = NameOfRule(program, line);
  const std::string place = rule.empty() ? absl::StrCat("line ", line) : RuleInWords(rule, line);
  error.message = line > 0 ? absl::StrCat(place, ": ", message) : std::string(message);
  error.program = program.origin.hash;
  error.line = line;
  out.error = std::move(error);
}

}  // namespace postern::rules
