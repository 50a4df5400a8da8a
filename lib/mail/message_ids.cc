#include "lib/mail/message_ids.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr size_t kMaxId = 900;  // it must fit on a line of its own

bool IsId(absl::string_view id) {
  if (id.empty() || id.size() > kMaxId || !IsUtf8(id) || HasControls(id) || HasBidiControls(id))
    return false;
  return id.find_first_of(" \t<>") == id.npos;
}

// Folding may have put white space into a long id.
std::string WithoutSpace(absl::string_view text) {
  std::string out;
  for (char c : text) {
    if (!absl::ascii_isspace(c)) out.push_back(c);
  }
  return out;
}

void Keep(std::string id, size_t limit, std::vector<std::string>& ids) {
  if (!IsId(id) || limit == 0) return;
  ids.push_back(std::move(id));
  // Amortised: the middle goes in one piece.
  if (ids.size() >= 2 * limit + 1)
    ids.erase(ids.begin() + 1, ids.begin() + 1 + (ids.size() - limit));
}

}  // namespace

std::vector<std::string> ParseMessageIds(absl::string_view field_body, size_t limit) {
  const std::string line = Unfold(field_body);
  std::vector<std::string> ids;
  if (!absl::StrContains(line, '<')) {
    for (absl::string_view word :
         absl::StrSplit(line, absl::ByAnyChar(" \t,"), absl::SkipEmpty())) {
      if (absl::StrContains(word, '@')) Keep(std::string(word), limit, ids);
    }
  }
  for (size_t at = line.find('<'); at != line.npos; at = line.find('<', at + 1)) {
    const size_t end = line.find_first_of("<>", at + 1);
    if (end == line.npos) break;
    if (line[end] == '>')
      Keep(WithoutSpace(absl::string_view(line).substr(at + 1, end - at - 1)), limit, ids);
  }
  if (ids.size() > limit) ids.erase(ids.begin() + 1, ids.begin() + 1 + (ids.size() - limit));
  return ids;
}

}  // namespace postern::mail
