#include "services/xmpp-edge/reply_fallback.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kReplyNs = "urn:xmpp:reply:0";
// A client marks one quote; more ranges than this are noise.
constexpr size_t kMaxRanges = 16;

using Range = std::pair<uint64_t, uint64_t>;  // code points, the end not included

bool IsReplyFallback(const Element& child) {
  // The second is the namespace of the drafts before 2022, still sent by some.
  return child.name == "fallback" && child.Attr("for") == kReplyNs &&
         (child.ns == "urn:xmpp:fallback:0" || child.ns == "urn:xmpp:feature-fallback:0");
}

std::vector<Range> FallbackRanges(const Element& message) {
  std::vector<Range> ranges;
  for (const Element& fallback : message.children) {
    if (!IsReplyFallback(fallback)) continue;
    for (const Element& part : fallback.children) {
      if (part.name != "body" || ranges.size() == kMaxRanges) continue;
      uint64_t start = 0, end = UINT64_MAX;  // without numbers: the whole body
      const bool has_start = absl::SimpleAtoi(part.Attr("start"), &start);
      const bool has_end = absl::SimpleAtoi(part.Attr("end"), &end);
      if (!has_start) start = 0;
      if (!has_end) end = UINT64_MAX;
      if (start < end) ranges.emplace_back(start, end);
    }
  }
  return ranges;
}

bool IsIn(const std::vector<Range>& ranges, uint64_t position) {
  for (const auto& [start, end] : ranges) {
    if (position >= start && position < end) return true;
  }
  return false;
}

}  // namespace

std::string BodyWithoutReplyFallback(const Element& message) {
  std::string body = message.ChildText("body");
  const std::vector<Range> ranges = FallbackRanges(message);
  if (ranges.empty()) return body;

  std::string rest;
  uint64_t position = 0;
  bool skipping = false;
  for (const char c : body) {
    const bool starts_code_point = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (starts_code_point) skipping = IsIn(ranges, position++);
    if (!skipping) rest += c;
  }
  return rest;
}

}  // namespace postern::xmpp_edge
