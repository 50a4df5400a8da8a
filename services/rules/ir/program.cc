#include "services/rules/ir/program.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

constexpr int64_t kMostMemory = 8 << 20;
constexpr int64_t kLeastMemory = 128 << 10;
constexpr int64_t kMemoryOfProgram = 64 << 20;

}  // namespace

absl::string_view NameOfRule(const Program& program, uint32_t number) {
  if (!program.numbered_rules || number == 0) return "";
  for (const RuleSpan& rule : program.rules) {
    if (rule.line == number) return rule.name;
  }
  return "";
}

// The script that an instruction stands in begins last before it.
absl::string_view FileNameAt(const Program& program, size_t at) {
  const Unit* found = nullptr;
  for (const Unit& unit : program.units) {
    const bool later = found == nullptr || unit.begin > found->begin;
    if (unit.begin <= at && later) found = &unit;
  }
  return found == nullptr ? program.origin.file_name : found->name;
}

std::string RuleInWords(absl::string_view name, uint32_t number) {
  return absl::StrCat("rule ", number, ", '", name, "'");
}

int64_t PatternMemory(size_t count) {
  const auto share = kMemoryOfProgram / static_cast<int64_t>(std::max<size_t>(count, 1));
  return std::clamp(share, kLeastMemory, kMostMemory);
}

absl::StatusOr<std::shared_ptr<const RE2>> CompilePattern(absl::string_view re2, int64_t max_mem,
                                                          PatternOptions choice) {
  RE2::Options options;
  options.set_max_mem(max_mem);
  options.set_log_errors(false);
  options.set_case_sensitive(choice.case_sensitive);
  options.set_longest_match(choice.longest_match);
  auto pattern = std::make_shared<const RE2>(re2::StringPiece(re2.data(), re2.size()), options);
  if (!pattern->ok())
    return absl::InvalidArgumentError(absl::StrCat("can't be compiled: ", pattern->error()));
  return pattern;
}

}  // namespace postern::rules
