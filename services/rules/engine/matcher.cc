#include "services/rules/engine/matcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"
#include "services/rules/engine/collation.h"
#include "services/rules/engine/pattern_cost.h"
#include "services/rules/ir/posix_regex.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxShown = 200;  // code points, in the trace
constexpr size_t kSharers = 100;   // of RE2's memory, with expressions that are made at run time
constexpr size_t kCompiling = 64 * 1024;   // what that costs of the budget, bytes
constexpr size_t kMaxListedAddress = 320;  // RFC 5321: 64 + 1 + 255
constexpr size_t kMaxKeys = 8 << 20;       // of all keys of a test, bytes
constexpr size_t kCompared = 16;           // what a comparison costs beside its texts, bytes

re2::StringPiece Piece2(absl::string_view text) { return {text.data(), text.size()}; }

bool IsFolded(MatchType type) {
  return type != MatchType::kValue && type != MatchType::kCount && type != MatchType::kList &&
         type != MatchType::kRegex && type != MatchType::kMatches;
}

}  // namespace

Matcher::Matcher(const Match& match, const Keys& keys, Run& run, bool sets_values)
    : match_(match), source_(keys), run_(run), sets_values_(sets_values && match.captures) {}

// An expression that variables are in.
std::shared_ptr<const RE2> Matcher::CompileAtRun(absl::string_view text) const {
  const PatternOptions options{match_.collation == Collation::kOctet, /*longest_match=*/true};
  run_.budget.Spend(kCompiling);
  const absl::StatusOr<std::string> translated = TranslatePosixRegex(text);
  absl::Status status = translated.status();
  if (status.ok()) {
    auto pattern = CompilePattern(*translated, PatternMemory(kSharers), options);
    if (pattern.ok()) return *std::move(pattern);
    status = pattern.status();
  }
  run_.Fail(absl::StrCat("the regular expression \"", Shorten(text, kMaxShown),
                         "\": ", status.message()));
  return nullptr;
}

void Matcher::Prepare() {
  prepared_ = true;
  if (run_.likely_keys) {
    for (uint64_t hit : *run_.likely_keys) PrepareKey(static_cast<uint32_t>(hit));
    return;
  }
  keys_.reserve(source_.texts.size());
  size_t bytes = 0;
  for (size_t i = 0; i < source_.texts.size(); ++i) {
    if (run_.failed() || run_.budget.spent()) return;
    PrepareKey(i);
    if (!keys_.empty()) bytes += keys_.back().text.size();
    if (bytes > kMaxKeys) run_.budget.SpendAll();
  }
}

void Matcher::PrepareKey(size_t index) {
  Key key;
  if (match_.type == MatchType::kRegex && index < source_.patterns.size())
    key.pattern = source_.patterns[index];
  if (!key.pattern) key.text = Expand(source_.texts[index], run_);
  run_.budget.Spend(key.text.size());
  if (match_.type == MatchType::kMatches) key.wildcard.emplace(key.text, match_.collation);
  if (match_.type == MatchType::kRegex && !key.pattern) {
    key.pattern = CompileAtRun(key.text);
    if (!key.pattern) return;
  }
  if (IsFolded(match_.type)) key.text = Folded(key.text, match_.collation);
  keys_.push_back(std::move(key));
}

bool Matcher::TakesPattern(const RE2& pattern, absl::string_view value,
                           std::vector<std::string>* captures) const {
  if (!run_.budget.Spend(PatternCost(pattern, value.size()))) return false;
  if (captures == nullptr)
    return pattern.Match(Piece2(value), 0, value.size(), RE2::UNANCHORED, nullptr, 0);
  std::vector<re2::StringPiece> groups(
      std::min<size_t>(pattern.NumberOfCapturingGroups() + 1, Run::kMaxMatchValues));
  if (!pattern.Match(Piece2(value), 0, value.size(), RE2::UNANCHORED, groups.data(),
                     static_cast<int>(groups.size()))) {
    return false;
  }
  for (const re2::StringPiece& group : groups) captures->emplace_back(group.data(), group.size());
  return true;
}

bool Matcher::IsListed(const std::string& list, absl::string_view value) const {
  if (value.empty() || value.size() > kMaxListedAddress) return false;
  return run_.Fact(ListMemberFact(list, absl::AsciiStrToLower(value))) == "yes";
}

bool Matcher::IsTaken(const Key& key, absl::string_view value, absl::string_view folded,
                      std::vector<std::string>* captures) const {
  switch (match_.type) {
    case MatchType::kIs:
      if (match_.collation == Collation::kAsciiNumeric)
        return Compare(value, key.text, match_.collation) == 0;
      return folded == key.text;
    case MatchType::kContains:
      return FindText(folded, key.text) != folded.npos;
    case MatchType::kPrefix:
      return absl::StartsWith(folded, key.text);
    case MatchType::kSuffix:
      return absl::EndsWith(folded, key.text);
    case MatchType::kMatches:
      return key.wildcard->Matches(value, run_.budget, captures);
    case MatchType::kRegex:
      return TakesPattern(*key.pattern, value, captures);
    case MatchType::kValue:
      return Holds(Compare(value, key.text, match_.collation), match_.relation);
    case MatchType::kList:
      return IsListed(key.text, value);
    case MatchType::kCount:
      break;
  }
  return false;
}

bool Matcher::Takes(absl::string_view value) {
  ++count_;
  if (match_.type == MatchType::kCount) return false;
  if (!prepared_) Prepare();
  const std::string folded =
      IsFolded(match_.type) ? Folded(value, match_.collation) : std::string();
  std::vector<std::string> captures;
  std::vector<std::string>* const wanted = sets_values_ ? &captures : nullptr;
  for (const Key& key : keys_) {
    if (!run_.budget.Spend(kCompared + value.size() + key.text.size())) return false;
    if (!IsTaken(key, value, folded, wanted)) continue;
    run_.matched = Shorten(value, kMaxShown);
    const bool has_wildcards =
        match_.type == MatchType::kMatches || match_.type == MatchType::kRegex;
    if (sets_values_ && has_wildcards) {
      captures.resize(std::min(captures.size(), Run::kMaxMatchValues));
      for (std::string& text : captures)
        text.resize(mail::CutUtf8(text, run_.limits.variable_bytes).size());
      run_.match_values = std::move(captures);
    }
    return true;
  }
  return false;
}

// RFC 5231 section 4.2: the number as a string, compared with each key.
bool Matcher::AtEnd() const {
  if (match_.type != MatchType::kCount) return false;
  const std::string count = absl::StrCat(count_);
  for (const Text& key : source_.texts) {
    if (run_.budget.spent()) return false;
    const std::string wanted = Expand(key, run_);
    if (!Holds(Compare(count, wanted, match_.collation), match_.relation)) continue;
    run_.matched = count;
    return true;
  }
  return false;
}

}  // namespace postern::rules
