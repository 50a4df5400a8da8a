#include "services/fetcher/imap/uid_set.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace postern::fetcher::imap {

bool UidSet::Add(absl::string_view text) {
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<absl::string_view> ends = absl::StrSplit(part, ':');
    uint32_t first = 0, last = 0;
    const bool numbers = ends.size() <= 2 && absl::SimpleAtoi(ends.front(), &first) &&
                         absl::SimpleAtoi(ends.back(), &last);
    if (!numbers || first == 0 || last == 0) return false;
    Add(std::min(first, last), std::max(first, last));
  }
  return true;
}

void UidSet::Add(uint32_t first, uint32_t last) {
  auto next = ranges_.upper_bound(first);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (before->second + uint64_t{1} >= first) {
      first = before->first;
      last = std::max(last, before->second);
      next = ranges_.erase(before);
    }
  }
  while (next != ranges_.end() && next->first <= last + uint64_t{1}) {
    last = std::max(last, next->second);
    next = ranges_.erase(next);
  }
  ranges_.emplace(first, last);
}

uint64_t UidSet::size() const {
  uint64_t size = 0;
  for (const auto& [first, last] : ranges_) size += uint64_t{last} - first + 1;
  return size;
}

bool UidSet::Contains(uint32_t uid) const {
  const auto next = ranges_.upper_bound(uid);
  return next != ranges_.begin() && std::prev(next)->second >= uid;
}

std::vector<uint32_t> UidSet::Below(uint32_t uid, size_t most) const {
  std::vector<uint32_t> below;
  for (auto range = ranges_.rbegin(); range != ranges_.rend(); ++range) {
    if (uid == 0 || range->first >= uid) continue;
    for (uint32_t at = std::min(range->second, uid - 1); at >= range->first; --at) {
      if (below.size() == most) return below;
      below.push_back(at);
    }
  }
  return below;
}

std::string WriteUids(const std::vector<uint32_t>& uids) {
  std::string set;
  for (size_t first = 0; first < uids.size();) {
    size_t last = first;
    while (last + 1 < uids.size() && uids[last + 1] == uids[last] + 1) ++last;
    absl::StrAppend(&set, set.empty() ? "" : ",", uids[first]);
    if (last > first) absl::StrAppend(&set, ":", uids[last]);
    first = last + 1;
  }
  return set;
}

}  // namespace postern::fetcher::imap
