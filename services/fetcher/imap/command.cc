#include "services/fetcher/imap/command.h"

#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"

namespace postern::fetcher::imap {

namespace {

// RFC 3501 bounds no quoted string, but servers bound their lines.
constexpr size_t kMaxQuoted = 1000;

}  // namespace

Command::Command(absl::string_view words) { pieces_.emplace_back(words); }

Command::~Command() {
  for (std::string& piece : pieces_) crypto::Wipe(piece);
}

void Command::AddWords(absl::string_view words) { absl::StrAppend(&pieces_.back(), " ", words); }

void Command::AddQuoted(absl::string_view text) {
  std::string& piece = pieces_.back();
  piece.reserve(piece.size() + 2 * text.size() + 3);  // growing would leave a password behind
  piece.append(" \"");
  for (char c : text) {
    if (c == '\\' || c == '"') piece.push_back('\\');
    piece.push_back(c);
  }
  piece.push_back('"');
}

absl::Status Command::AddString(absl::string_view text, absl::string_view what) {
  bool plain = text.size() <= kMaxQuoted;
  for (char c : text) {
    if (c == '\r' || c == '\n' || c == '\0') {
      return absl::InvalidArgumentError(absl::StrCat("the ", what, " holds a line break or a NUL"));
    }
    if (static_cast<unsigned char>(c) >= 0x80) plain = false;
  }
  if (plain) {
    AddQuoted(text);
  } else {
    AddWords(absl::StrCat("{", text.size(), "}"));
    pieces_.emplace_back(text);
  }
  return absl::OkStatus();
}

}  // namespace postern::fetcher::imap
