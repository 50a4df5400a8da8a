#include "services/fetcher/imap/command.h"

#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"

namespace postern::fetcher::imap {

namespace {

// RFC 3501 bounds no quoted string, but servers bound their lines.
constexpr size_t kMaxQuoted = 1000;
constexpr size_t kMostOfLiteralMinus = 4096;  // RFC 7888 section 5

}  // namespace

Command::Command(absl::string_view words, WireForm form) : form_(form) {
  pieces_.emplace_back(words);
}

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
    if (static_cast<unsigned char>(c) >= 0x80 && !form_.utf8) plain = false;
  }
  if (plain) {
    AddQuoted(text);
  } else {
    AddLiteral(text);
  }
  return absl::OkStatus();
}

void Command::AddLiteral(absl::string_view text) {
  const bool at_once =
      form_.literals == WireForm::Literals::kAtOnce ||
      (form_.literals == WireForm::Literals::kShortAtOnce && text.size() <= kMostOfLiteralMinus);
  const std::string head = absl::StrCat(" {", text.size(), at_once ? "+}\r\n" : "}");
  std::string& piece = pieces_.back();
  if (at_once) piece.reserve(piece.size() + head.size() + text.size());  // as above
  piece.append(head);
  if (at_once) {
    piece.append(text.data(), text.size());
  } else {
    pieces_.emplace_back(text);
  }
}

}  // namespace postern::fetcher::imap
