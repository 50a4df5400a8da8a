#include "services/xmpp-edge/result_set.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace postern::xmpp_edge {
namespace {

// A part of a list: [begin, end).
struct Range {
  size_t begin = 0, end = 0;
};

absl::Status ReadNumber(const Element& set, absl::string_view name, std::optional<size_t>& number) {
  const Element* child = set.Child(name);
  if (child == nullptr) return absl::OkStatus();
  uint32_t value = 0;
  if (!absl::SimpleAtoi(child->text, &value)) {
    return absl::InvalidArgumentError(absl::StrCat("result set: ", name, " is no number"));
  }
  number = value;
  return absl::OkStatus();
}

void ReadName(const Element& set, absl::string_view name, std::optional<std::string>& uid) {
  if (const Element* child = set.Child(name)) uid = child->text;
}

absl::StatusOr<size_t> IndexOf(const std::vector<ListedItem>& items, const std::string& uid) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&uid](const ListedItem& item) { return item.uid == uid; });
  if (found == items.end()) return absl::NotFoundError("result set: no such item");
  return found - items.begin();
}

// What lies between the items that are named, before `max` is looked at.
absl::StatusOr<Range> Between(const std::vector<ListedItem>& items, const PageRequest& asked) {
  Range range = {std::min(asked.index.value_or(0), items.size()), items.size()};
  if (asked.after) {
    auto after = IndexOf(items, *asked.after);
    if (!after.ok()) return after.status();
    range.begin = *after + 1;
  }
  if (asked.before && !asked.before->empty()) {
    auto before = IndexOf(items, *asked.before);
    if (!before.ok()) return before.status();
    range.end = std::max(*before, range.begin);
  }
  return range;
}

// No more than `max` items, and no more than fit; from the end when one pages backwards.
Range Cut(const std::vector<ListedItem>& items, Range range, bool backwards, size_t max,
          size_t max_bytes) {
  size_t count = 0, bytes = 0;
  while (count < std::min(max, range.end - range.begin)) {
    const size_t next = backwards ? range.end - 1 - count : range.begin + count;
    bytes += ToXml(items[next].item).size();
    if (bytes > max_bytes) break;
    ++count;
  }
  if (backwards) return {range.end - count, range.end};
  return {range.begin, range.begin + count};
}

Element SetOf(const std::vector<ListedItem>& items, Range page) {
  Element set = MakeElement("set", kResultSetNs);
  if (page.begin < page.end) {
    set.AddText("first", items[page.begin].uid);
    set.children.back().Set("index", absl::StrCat(page.begin));
    set.AddText("last", items[page.end - 1].uid);
  }
  set.AddText("count", absl::StrCat(items.size()));
  return set;
}

}  // namespace

absl::StatusOr<std::optional<PageRequest>> ReadPageRequest(const Element& query) {
  const Element* set = query.Child("set", kResultSetNs);
  if (set == nullptr) return std::nullopt;
  PageRequest asked;
  if (absl::Status s = ReadNumber(*set, "max", asked.max); !s.ok()) return s;
  if (absl::Status s = ReadNumber(*set, "index", asked.index); !s.ok()) return s;
  ReadName(*set, "after", asked.after);
  ReadName(*set, "before", asked.before);
  return asked;
}

absl::Status AddPage(std::vector<ListedItem> items, const std::optional<PageRequest>& asked,
                     Element& query, const RestItem& rest, size_t max_bytes) {
  const PageRequest wish = asked.value_or(PageRequest());
  auto range = Between(items, wish);
  if (!range.ok()) return range.status();
  const bool backwards = wish.before.has_value();
  const size_t max = wish.max.value_or(std::numeric_limits<size_t>::max());
  const Range page = Cut(items, *range, backwards, max, max_bytes);
  const bool whole = page.begin == 0 && page.end == items.size();
  std::optional<Element> set;
  if (asked || !whole) set = SetOf(items, page);
  for (size_t i = page.begin; i < page.end; ++i) query.Add(std::move(items[i].item));
  if (!asked && !whole && rest) query.Add(rest(page.end, items.size() - page.end));
  if (set) query.Add(*std::move(set));
  return absl::OkStatus();
}

}  // namespace postern::xmpp_edge
