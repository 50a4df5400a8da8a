#include "services/rules/engine/class_filter.h"

#include <re2/filtered_re2.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/rules/engine/collation.h"
#include "services/rules/engine/wildcard.h"

namespace postern::rules {
namespace {

constexpr int kShortestAtom = 2;

// Texts are fed with a line feed at each end, so that what has to be all of one, or one of its
// ends, is a literal, too. What is inside a text may be one as well: then the test says no.
absl::string_view kEnd = "\n";

// The literal that a text must have for that key; empty: none is known.
std::string LiteralOf(const Match& match, absl::string_view key) {
  if (match.collation != Collation::kAsciiCasemap && match.collation != Collation::kOctet)
    return "";
  switch (match.type) {
    case MatchType::kIs:
      return absl::StrCat(kEnd, key, kEnd);
    case MatchType::kContains:
      return std::string(key);
    case MatchType::kPrefix:
      return absl::StrCat(kEnd, key);
    case MatchType::kSuffix:
      return absl::StrCat(key, kEnd);
    case MatchType::kMatches:
      return std::string(Wildcard(key, match.collation).longest_literal());
    case MatchType::kRegex:
    case MatchType::kValue:
    case MatchType::kCount:
    case MatchType::kList:
      break;
  }
  return "";
}

// RE2 writes atoms in lower case of all letters, texts are searched in any case of ASCII's alone.
absl::string_view LongestAscii(absl::string_view atom) {
  absl::string_view longest;
  for (size_t at = 0; at < atom.size();) {
    size_t end = at;
    while (end < atom.size() && static_cast<unsigned char>(atom[end]) < 0x80) ++end;
    if (end - at > longest.size()) longest = atom.substr(at, end - at);
    at = end + 1;
  }
  return longest;
}

// Letters beyond ASCII whose other case is ASCII: İ, ſ and the Kelvin sign.
bool FoldsOddly(absl::string_view text) {
  for (absl::string_view letter : {"\xC4\xB0", "\xC5\xBF", "\xE2\x84\xAA"}) {
    if (FindText(text, letter) != text.npos) return true;
  }
  return false;
}

bool IsPrefilterable(const Match& match, const Keys& keys) {
  if (match.type == MatchType::kRegex) {
    return keys.patterns.size() == keys.texts.size() &&
           std::all_of(keys.patterns.begin(), keys.patterns.end(),
                       [](const auto& pattern) { return pattern != nullptr; });
  }
  return std::none_of(keys.texts.begin(), keys.texts.end(), [&match](const Text& key) {
    return LiteralOf(match, key.literal()).empty();
  });
}

}  // namespace

ClassFilter::ClassFilter() = default;
ClassFilter::~ClassFilter() = default;

void ClassFilter::AddLiteral(Hit hit, absl::string_view literal) {
  const uint32_t id = literals_.Add(literal);
  weight_ += literal.size();
  hits_of_.resize(std::max<size_t>(hits_of_.size(), id + 1));
  hits_of_[id].push_back(hit);
}

bool ClassFilter::AddPattern(Hit hit, const RE2& pattern, int64_t memory) {
  RE2::Options options = pattern.options();
  options.set_max_mem(memory);
  if (!patterns_) patterns_ = std::make_unique<re2::FilteredRE2>(kShortestAtom);
  int id = 0;
  if (patterns_->Add(pattern.pattern(), options, &id) != RE2::NoError) return false;
  hit_of_pattern_.push_back(hit);
  weight_ += pattern.pattern().size();
  return true;
}

bool ClassFilter::Add(uint32_t test, const Match& match, const Keys& keys, int64_t pattern_memory) {
  if (!IsPrefilterable(match, keys)) return false;
  for (uint32_t i = 0; i < keys.texts.size(); ++i) {
    if (match.type != MatchType::kRegex) {
      AddLiteral(HitOf(test, i), LiteralOf(match, keys.texts[i].literal()));
    } else if (!AddPattern(HitOf(test, i), *keys.patterns[i], pattern_memory)) {
      return false;
    }
  }
  return true;
}

void ClassFilter::BuildPatterns() {
  std::vector<std::string> atoms;
  patterns_->Compile(&atoms);
  for (size_t i = 0; i < atoms.size(); ++i) {
    const absl::string_view sought = LongestAscii(atoms[i]);
    if (sought.empty()) {
      blind_atoms_.push_back(static_cast<int>(i));
      continue;
    }
    const uint32_t id = literals_.Add(sought);
    atoms_of_.resize(std::max<size_t>(atoms_of_.size(), id + 1));
    atoms_of_[id].push_back(static_cast<int>(i));
  }
}

std::vector<uint32_t> ClassFilter::Build(size_t max_cells) {
  std::vector<uint32_t> unfiltered;
  if (patterns_) {
    BuildPatterns();
    std::vector<int> passed;
    patterns_->AllPotentials(blind_atoms_, &passed);
    for (int pattern : passed) unfiltered.push_back(TestOf(hit_of_pattern_[pattern]));
  }
  hits_of_.resize(literals_.size());
  atoms_of_.resize(literals_.size());
  literals_.Build(max_cells);
  return unfiltered;
}

ClassFilter::Search::Search(const ClassFilter& filter)
    : filter_(filter), literals_(filter.literals_) {
  literals_.Feed(kEnd);
}

void ClassFilter::Search::Feed(absl::string_view text) {
  literals_.Feed(text);
  literals_.Feed(kEnd);
  if (filter_.patterns_ && !folds_oddly_) folds_oddly_ = FoldsOddly(text);
}

void ClassFilter::Search::AddHits(std::vector<Hit>& hits) const {
  std::vector<int> atoms = filter_.blind_atoms_;
  for (uint32_t id : literals_.found()) {
    hits.insert(hits.end(), filter_.hits_of_[id].begin(), filter_.hits_of_[id].end());
    atoms.insert(atoms.end(), filter_.atoms_of_[id].begin(), filter_.atoms_of_[id].end());
  }
  if (!filter_.patterns_) return;
  if (folds_oddly_) {
    hits.insert(hits.end(), filter_.hit_of_pattern_.begin(), filter_.hit_of_pattern_.end());
    return;
  }
  if (atoms.empty()) return;
  std::vector<int> patterns;
  filter_.patterns_->AllPotentials(atoms, &patterns);
  for (int pattern : patterns) hits.push_back(filter_.hit_of_pattern_[pattern]);
}

}  // namespace postern::rules
