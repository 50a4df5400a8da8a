#include "lib/words/wording.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_split.h"

namespace postern::words {

namespace {

constexpr char kSeparator = '\x1f';

}  // namespace

std::string Fill(absl::string_view text, const std::vector<std::string>& arguments) {
  std::string filled;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '$' && i + 1 < text.size() ? text[i + 1] : '\0';
    const size_t index = next >= '0' && next <= '9' ? next - '0' : arguments.size();
    if (next == '$') {
      filled.push_back('$');
      ++i;
    } else if (index < arguments.size()) {
      filled += arguments[index];
      ++i;
    } else {
      filled.push_back(text[i]);
    }
  }
  return filled;
}

std::string English(const Wording& wording) { return Fill(wording.text, wording.arguments); }

absl::Status Error(absl::StatusCode code, const Wording& wording, absl::string_view field) {
  const std::string english = English(wording);
  absl::Status status(code, field.empty() ? english : absl::StrCat(field, ": ", english));
  std::string bytes = wording.text;
  for (const std::string& argument : wording.arguments) {
    bytes.push_back(kSeparator);
    // No sentence needs the separator; a server's words may hold it.
    for (const char c : argument) bytes.push_back(c == kSeparator ? ' ' : c);
  }
  status.SetPayload(kPayload, absl::Cord(bytes));
  return status;
}

std::optional<Wording> WordingOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload || payload->empty()) return std::nullopt;
  std::vector<std::string> parts = absl::StrSplit(std::string(*payload), kSeparator);
  Wording wording;
  wording.text = std::move(parts.front());
  wording.arguments.assign(std::make_move_iterator(parts.begin() + 1),
                           std::make_move_iterator(parts.end()));
  return wording;
}

}  // namespace postern::words
