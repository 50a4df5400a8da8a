#include "services/fetcher/imap/command.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace postern::fetcher::imap {

namespace {

// RFC 3501 bounds no quoted string, but servers bound their lines.
constexpr size_t kMaxQuoted = 1000;

// The next code point of `text`, taken off; nothing when it is no valid UTF-8.
std::optional<uint32_t> TakeCodePoint(absl::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  if (length == 0 || text.size() < length) return std::nullopt;
  uint32_t point = length == 1 ? first : first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return std::nullopt;
  text.remove_prefix(length);
  return point;
}

void AppendUtf16(uint32_t point, std::string& out) {
  const auto put = [&](uint32_t unit) {
    out.push_back(static_cast<char>(unit >> 8));
    out.push_back(static_cast<char>(unit & 0xFF));
  };
  if (point < 0x10000) return put(point);
  put(0xD800 + ((point - 0x10000) >> 10));
  put(0xDC00 + ((point - 0x10000) & 0x3FF));
}

// "&...-" around base64 with "," for "/" and no padding.
void FlushShifted(std::string& utf16, std::string& out) {
  if (utf16.empty()) return;
  std::string base64 = absl::Base64Escape(utf16);
  while (!base64.empty() && base64.back() == '=') base64.pop_back();
  absl::StrAppend(&out, "&", absl::StrReplaceAll(base64, {{"/", ","}}), "-");
  utf16.clear();
}

}  // namespace

Command::Command(absl::string_view words) { pieces_.emplace_back(words); }

void Command::AddWords(absl::string_view words) { absl::StrAppend(&pieces_.back(), " ", words); }

absl::Status Command::AddString(absl::string_view text, absl::string_view what) {
  bool plain = text.size() <= kMaxQuoted;
  for (char c : text) {
    if (c == '\r' || c == '\n' || c == '\0') {
      return absl::InvalidArgumentError(absl::StrCat("the ", what, " holds a line break or a NUL"));
    }
    if (static_cast<unsigned char>(c) >= 0x80) plain = false;
  }
  if (plain) {
    AddWords(absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\""));
  } else {
    AddWords(absl::StrCat("{", text.size(), "}"));
    pieces_.emplace_back(text);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> EncodeMailboxName(absl::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("the mailbox name is empty");
  std::string out, utf16;
  while (!name.empty()) {
    const std::optional<uint32_t> point = TakeCodePoint(name);
    if (!point) return absl::InvalidArgumentError("the mailbox name is no valid UTF-8");
    if (*point < 0x20 || *point == 0x7F) {
      return absl::InvalidArgumentError("the mailbox name holds a control character");
    }
    if (*point > 0x7E) {
      AppendUtf16(*point, utf16);
      continue;
    }
    FlushShifted(utf16, out);
    absl::StrAppend(&out, *point == '&' ? "&-" : std::string(1, static_cast<char>(*point)));
  }
  FlushShifted(utf16, out);
  return out;
}

}  // namespace postern::fetcher::imap
