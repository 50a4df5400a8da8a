#include "tests/sieve/suite_matching.h"

#include <array>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "services/rules/engine/wildcard.h"

namespace postern::rules::suite {
namespace {

constexpr std::array<absl::string_view, 7> kWithValue = {
    "index", "count", "value", "comparator", "folder", "mailbox", "extension"};

int ToNumber(absl::string_view text) {
  int number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

bool Related(absl::string_view relation, int left, int right) {
  if (relation == "gt") return left > right;
  if (relation == "ge") return left >= right;
  if (relation == "lt") return left < right;
  if (relation == "le") return left <= right;
  if (relation == "ne") return left != right;
  return left == right;
}

bool Matches(const Arguments& arguments, std::string value, std::string key) {
  if (absl::StrContains(arguments.Tag("comparator"), "casemap")) {
    absl::AsciiStrToLower(&value);
    absl::AsciiStrToLower(&key);
  }
  if (arguments.Has("value"))
    return Related(arguments.Tag("value"), ToNumber(value), ToNumber(key));
  if (arguments.Has("contains")) return absl::StrContains(value, key);
  if (arguments.Has("matches")) {
    Budget budget(100'000, absl::InfiniteDuration());
    return Wildcard(key, Collation::kOctet).Matches(value, budget, nullptr);
  }
  return value == key;
}

}  // namespace

bool Arguments::Has(absl::string_view tag) const { return tags.contains(std::string(tag)); }

std::string Arguments::Tag(absl::string_view tag) const {
  const auto found = tags.find(std::string(tag));
  return found == tags.end() ? "" : found->second;
}

std::string Arguments::Text(size_t position) const {
  if (position >= positional.size() || positional[position].empty()) return "";
  return positional[position].front();
}

int Arguments::Number(size_t position) const { return ToNumber(Text(position)); }

Arguments Sort(const std::vector<Foreign::Argument>& arguments) {
  Arguments sorted;
  std::string* wants = nullptr;
  for (const Foreign::Argument& argument : arguments) {
    if (!argument.tag.empty()) {
      std::string& value = sorted.tags[argument.tag];
      wants = absl::c_linear_search(kWithValue, argument.tag) ? &value : nullptr;
    }
    if (argument.texts.empty() && !argument.tag.empty()) continue;
    if (wants) {
      *wants = argument.texts.empty() ? "" : argument.texts.front();
      wants = nullptr;
    } else {
      sorted.positional.push_back(argument.texts);
    }
  }
  return sorted;
}

bool MatchesAny(const Arguments& arguments, const std::vector<std::string>& values) {
  std::vector<std::string> looked_at = values;
  if (arguments.Has("index")) {
    const size_t index = static_cast<size_t>(ToNumber(arguments.Tag("index")));
    looked_at.clear();
    if (index > 0 && index <= values.size()) looked_at.push_back(values[index - 1]);
  }
  if (arguments.positional.empty()) return false;
  for (const std::string& key : arguments.positional.front()) {
    if (arguments.Has("count")) {
      const int count = static_cast<int>(looked_at.size());
      if (Related(arguments.Tag("count"), count, ToNumber(key))) return true;
      continue;
    }
    for (const std::string& value : looked_at) {
      if (Matches(arguments, value, key)) return true;
    }
  }
  return false;
}

}  // namespace postern::rules::suite
