#include "services/fetcher/similar_mailbox.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace postern::fetcher {

namespace {

constexpr absl::string_view kInboxLevel = "inbox/";

// What all spellings of a name share, but for the case of letters.
std::string Bare(absl::string_view name) {
  std::string bare(absl::StripAsciiWhitespace(name));
  for (char& c : bare) {
    if (c == '.' || c == '\\' || c == '|') c = '/';
  }
  while (absl::EndsWith(bare, "/")) bare.pop_back();
  while (absl::StartsWith(bare, "/")) bare.erase(0, 1);
  if (absl::StartsWithIgnoreCase(bare, kInboxLevel)) bare.erase(0, kInboxLevel.size());
  return bare;
}

}  // namespace

std::optional<std::string> SimilarMailbox(absl::string_view wanted,
                                          const std::vector<std::string>& mailboxes) {
  const std::string bare = Bare(wanted);
  if (bare.empty()) return std::nullopt;
  std::optional<std::string> similar;
  for (const std::string& mailbox : mailboxes) {
    const std::string other = Bare(mailbox);
    if (other == bare) return mailbox;
    if (!similar && absl::EqualsIgnoreCase(other, bare)) similar = mailbox;
  }
  return similar;
}

}  // namespace postern::fetcher
