#include "services/fetcher/imap/mailbox_data.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace postern::fetcher::imap {

namespace {

constexpr size_t kMaxPrefix = 1000;
constexpr size_t kMaxResources = 20;
constexpr size_t kMaxFlags = 200;

std::vector<Value> ValuesOf(const Response& response) {
  absl::StatusOr<std::vector<Value>> values = ParseValues(response.text);
  return values.ok() ? *std::move(values) : std::vector<Value>();
}

template <class Number>
std::optional<Number> NumberOf(const Value& value) {
  Number number = 0;
  if (!absl::SimpleAtoi(value.text, &number)) return std::nullopt;
  return number;
}

}  // namespace

std::optional<MailboxCounts> ParseStatus(const Response& response) {
  const std::vector<Value> values = ValuesOf(response);
  if (values.size() < 2 || !values.back().IsList()) return std::nullopt;
  MailboxCounts counts;
  counts.name = values[0].text;
  const std::vector<Value>& items = values.back().items;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    const std::string item = absl::AsciiStrToUpper(items[i].text);
    if (item == "MESSAGES") counts.messages = NumberOf<uint32_t>(items[i + 1]);
    if (item == "UNSEEN") counts.unseen = NumberOf<uint32_t>(items[i + 1]);
    if (item == "UIDNEXT") counts.uid_next = NumberOf<uint32_t>(items[i + 1]);
    if (item == "UIDVALIDITY") counts.uid_validity = NumberOf<uint32_t>(items[i + 1]);
  }
  return counts;
}

std::vector<std::string> ParseForeignNamespaces(const Response& response) {
  std::vector<std::string> prefixes;
  const std::vector<Value> values = ValuesOf(response);
  for (size_t kind = 1; kind < values.size(); ++kind) {  // the first are the user's own
    for (const Value& space : values[kind].items) {
      if (space.items.empty()) continue;
      const std::string& prefix = space.items[0].text;
      if (!prefix.empty() && prefix.size() <= kMaxPrefix) prefixes.push_back(prefix);
    }
  }
  return prefixes;
}

std::vector<QuotaResource> ParseQuota(const Response& response) {
  std::vector<QuotaResource> resources;
  const std::vector<Value> values = ValuesOf(response);
  if (values.size() < 2 || !values.back().IsList()) return resources;
  const std::vector<Value>& items = values.back().items;
  for (size_t i = 0; i + 2 < items.size() && resources.size() < kMaxResources; i += 3) {
    const auto used = NumberOf<uint64_t>(items[i + 1]);
    const auto limit = NumberOf<uint64_t>(items[i + 2]);
    if (!used || !limit) continue;
    QuotaResource resource{absl::AsciiStrToUpper(items[i].text), *used, *limit};
    resources.push_back(std::move(resource));
  }
  return resources;
}

std::vector<std::string> ParseFlagList(absl::string_view text) {
  std::vector<std::string> flags;
  for (absl::string_view flag : absl::StrSplit(text, absl::ByAnyChar(" ()"), absl::SkipEmpty())) {
    if (flags.size() == kMaxFlags) break;
    flags.emplace_back(flag);
  }
  return flags;
}

std::optional<AppendedUid> ParseAppendUid(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> words =
      absl::StrSplit(text, absl::MaxSplits(' ', 1));
  AppendedUid appended;
  const bool numbers = absl::SimpleAtoi(words.first, &appended.uid_validity) &&
                       absl::SimpleAtoi(words.second, &appended.uid);
  if (!numbers || appended.uid_validity == 0 || appended.uid == 0) return std::nullopt;
  return appended;
}

}  // namespace postern::fetcher::imap
