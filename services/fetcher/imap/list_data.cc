#include "services/fetcher/imap/list_data.h"

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace postern::fetcher::imap {

namespace {

// No mailbox that a person made has a longer name.
constexpr size_t kMaxName = 1000;

bool IsText(const Value& value) {
  return value.kind == Value::Kind::kAtom || value.kind == Value::Kind::kString;
}

void ReadFlags(const Value& flags, ListedMailbox& mailbox) {
  for (const Value& flag : flags.items) {
    if (absl::EqualsIgnoreCase(flag.text, "\\Noselect") ||
        absl::EqualsIgnoreCase(flag.text, "\\NonExistent")) {
      mailbox.selectable = false;
    }
    if (absl::EqualsIgnoreCase(flag.text, "\\HasChildren")) mailbox.has_children = true;
    // Gmail gives some two of them, "\\Important" say (RFC 8457): the first that we know.
    if (mailbox.special_use.empty()) mailbox.special_use = SpecialUseOf(flag.text);
  }
}

}  // namespace

std::string SpecialUseOf(absl::string_view flag) {
  if (!absl::ConsumePrefix(&flag, "\\")) return "";
  for (const char* use : {"Sent", "Trash", "Junk", "Drafts", "Archive", "All", "Flagged"}) {
    if (absl::EqualsIgnoreCase(flag, use)) return use;
  }
  return "";
}

std::optional<ListedMailbox> ParseList(const Response& response) {
  const std::vector<Value>& values = response.values;
  if (values.size() < 3 || !values[0].IsList()) return std::nullopt;
  ListedMailbox mailbox;
  ReadFlags(values[0], mailbox);
  if (values[1].kind != Value::Kind::kNil) {
    if (!IsText(values[1]) || values[1].text.size() > 1) return std::nullopt;
    mailbox.separator = values[1].text;
  }
  // A mailbox may be called NIL; in quotes, but who knows.
  if (values[2].kind == Value::Kind::kNil) {
    mailbox.name = "NIL";
  } else if (IsText(values[2])) {
    mailbox.name = values[2].text;
  }
  // Behind the name only a list may follow: else it had spaces, and is cut.
  const bool cut = values.size() > 4 || (values.size() == 4 && !values[3].IsList());
  if (cut || mailbox.name.empty() || mailbox.name.size() > kMaxName) return std::nullopt;
  return mailbox;
}

}  // namespace postern::fetcher::imap
