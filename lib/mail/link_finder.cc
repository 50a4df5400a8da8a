#include "lib/mail/link_finder.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace postern::mail {
namespace {

constexpr size_t kLongestMailto = 512;  // so that many that are none cost little

bool EndsLink(unsigned char c) { return c <= ' ' || c == 0x7F || absl::StrContains("<>\"`", c); }

// Where the scheme begins that the colon ends; npos when it is none of ours.
size_t SchemeBegin(absl::string_view line, size_t colon) {
  for (absl::string_view scheme : {"https", "http", "mailto"}) {
    if (colon < scheme.size()) continue;
    const size_t begin = colon - scheme.size();
    if (!absl::EqualsIgnoreCase(line.substr(begin, scheme.size()), scheme)) continue;
    const bool in_word = begin > 0 && absl::ascii_isalnum(line[begin - 1]);
    if (!in_word) return begin;
  }
  return line.npos;
}

// ')' belongs to the link when a '(' in it is open: "https://en.wikipedia.org/wiki/A_(b)".
size_t TrimEnd(absl::string_view line, size_t begin, size_t end) {
  const absl::string_view link = line.substr(begin, end - begin);
  auto open = std::count(link.begin(), link.end(), '(') - std::count(link.begin(), link.end(), ')');
  while (end > begin) {
    const char last = line[end - 1];
    if (last == ')' ? open >= 0 : !absl::StrContains(".,;:!?'*_~]}", last)) break;
    if (last == ')') ++open;
    --end;
  }
  return end;
}

// Something stands behind the scheme that can be gone to.
bool LeadsSomewhere(absl::string_view scheme, absl::string_view rest) {
  if (scheme.size() == 6)
    return absl::StrContains(rest.substr(std::min<size_t>(1, rest.size())), '@');
  return absl::StartsWith(rest, "//") && rest.size() > 2 && rest[2] != '/' && !EndsLink(rest[2]);
}

}  // namespace

std::optional<Link> FindLink(absl::string_view line) {
  for (size_t colon = line.find(':'); colon != line.npos; colon = line.find(':', colon + 1)) {
    const size_t begin = SchemeBegin(line, colon);
    if (begin == line.npos) continue;
    const absl::string_view scheme = line.substr(begin, colon - begin);
    if (!LeadsSomewhere(scheme, line.substr(colon + 1, kLongestMailto))) continue;
    size_t end = colon + 1;
    while (end < line.size() && !EndsLink(line[end])) ++end;
    end = TrimEnd(line, begin, end);
    if (end <= colon || !LeadsSomewhere(scheme, line.substr(colon + 1, end - colon - 1))) continue;
    return Link{begin, end};
  }
  return std::nullopt;
}

}  // namespace postern::mail
