#include "services/fetcher/imap/mailbox_name.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"

namespace postern::fetcher::imap {

namespace {

using words::Word;

absl::Status Bad(const words::Wording& wording) {
  return words::Error(absl::StatusCode::kInvalidArgument, wording);
}

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

void AppendUtf8(uint32_t point, std::string& out) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

// What stands between "&" and "-", as UTF-16; nothing when that is no base64 of whole units.
std::optional<std::u16string> UnpackUtf16(absl::string_view shifted) {
  std::string base64 = absl::StrReplaceAll(shifted, {{",", "/"}});
  base64.append((4 - base64.size() % 4) % 4, '=');
  std::string bytes;
  if (!absl::Base64Unescape(base64, &bytes) || bytes.size() % 2 != 0) return std::nullopt;
  std::u16string units;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<unsigned char>(bytes[i]);
    const auto low = static_cast<unsigned char>(bytes[i + 1]);
    units.push_back(static_cast<char16_t>(high << 8 | low));
  }
  return units;
}

bool AppendShifted(absl::string_view shifted, std::string& out) {
  const std::optional<std::u16string> units = UnpackUtf16(shifted);
  if (!units) return false;
  for (size_t i = 0; i < units->size(); ++i) {
    const uint32_t unit = (*units)[i];
    if (unit < 0xD800 || unit > 0xDFFF) {
      AppendUtf8(unit, out);
      continue;
    }
    const bool whole = unit < 0xDC00 && i + 1 < units->size() && (*units)[i + 1] >= 0xDC00 &&
                       (*units)[i + 1] <= 0xDFFF;
    if (!whole) return false;
    ++i;
    AppendUtf8(0x10000 + ((unit - 0xD800) << 10) + ((*units)[i] - 0xDC00u), out);
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> EncodeMailboxName(absl::string_view name) {
  if (name.empty()) return Bad(Word("the name of the mailbox is empty"));
  std::string out, utf16;
  while (!name.empty()) {
    const std::optional<uint32_t> point = TakeCodePoint(name);
    if (!point) return Bad(Word("the name of the mailbox is not valid UTF-8"));
    if (*point < 0x20 || *point == 0x7F) {
      return Bad(Word("the name of the mailbox holds a control character"));
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

std::optional<std::string> DecodeMailboxName(absl::string_view wire) {
  std::string name;
  absl::string_view rest = wire;
  while (!rest.empty()) {
    const size_t shift = std::min(rest.find('&'), rest.size());
    name.append(rest.data(), shift);
    rest.remove_prefix(shift);
    if (!absl::ConsumePrefix(&rest, "&")) break;
    const size_t end = rest.find('-');
    if (end == absl::string_view::npos) return std::nullopt;
    if (end == 0) {
      name.push_back('&');
    } else if (!AppendShifted(rest.substr(0, end), name)) {
      return std::nullopt;
    }
    rest.remove_prefix(end + 1);
  }
  // The one right spelling only, or the name could not be said back.
  const absl::StatusOr<std::string> again = EncodeMailboxName(name);
  if (!again.ok() || *again != wire) return std::nullopt;
  return name;
}

namespace {
bool IsReadable(absl::string_view name) {
  return mail::IsUtf8(name) && !mail::HasControls(name) && !mail::HasBidiControls(name);
}
}  // namespace

std::optional<std::string> ReadableUtf8Name(absl::string_view wire) {
  if (wire.empty() || !IsReadable(wire)) return std::nullopt;
  return std::string(wire);
}

std::optional<std::string> ReadableMailboxName(absl::string_view wire) {
  std::optional<std::string> decoded = DecodeMailboxName(wire);
  if (decoded && IsReadable(*decoded)) return decoded;
  return ReadableUtf8Name(wire);
}

}  // namespace postern::fetcher::imap
