#include "services/rules/engine/flag_list.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxFlags = 100;
constexpr size_t kMaxFlagBytes = 100;

// RFC 3501's flag: a keyword (an atom), or one of the system's that a client may set.
bool IsFlag(absl::string_view flag) {
  if (flag.empty() || flag.size() > kMaxFlagBytes) return false;
  if (flag[0] == '\\') {
    for (absl::string_view known : {"\\answered", "\\flagged", "\\deleted", "\\seen", "\\draft"}) {
      if (absl::EqualsIgnoreCase(flag, known)) return true;
    }
    return false;
  }
  return std::all_of(flag.begin(), flag.end(), [](unsigned char c) {
    return c > ' ' && c < 0x7F && !absl::StrContains("(){%*\"\\]", static_cast<char>(c));
  });
}

auto Find(const std::vector<std::string>& flags, absl::string_view flag) {
  return std::find_if(flags.begin(), flags.end(),
                      [flag](const auto& other) { return absl::EqualsIgnoreCase(other, flag); });
}

void Add(absl::string_view flag, std::vector<std::string>& flags) {
  if (flags.size() < kMaxFlags && Find(flags, flag) == flags.end()) flags.emplace_back(flag);
}

}  // namespace

std::vector<std::string> ReadFlags(const std::vector<std::string>& texts) {
  std::vector<std::string> flags;
  for (const std::string& text : texts) {
    for (absl::string_view flag : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
      if (IsFlag(flag)) Add(flag, flags);
    }
  }
  return flags;
}

void ChangeFlagList(FlagChange change, const std::vector<std::string>& by,
                    std::vector<std::string>& flags) {
  if (change == FlagChange::kSet) flags.clear();
  for (const std::string& flag : by) {
    if (change != FlagChange::kRemove) {
      Add(flag, flags);
    } else if (const auto at = Find(flags, flag); at != flags.end()) {
      flags.erase(at);
    }
  }
}

}  // namespace postern::rules
