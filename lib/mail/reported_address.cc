#include "lib/mail/reported_address.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

// In capitals, says the RFC, and so they write it: "bob+ab@…" is a plain address.
bool IsHexByte(absl::string_view text) {
  return text.size() == 2 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'A' && c <= 'F');
         });
}

std::string CodePoint(uint32_t code) {
  const char bytes[] = {static_cast<char>(code >> 24), static_cast<char>(code >> 16),
                        static_cast<char>(code >> 8), static_cast<char>(code)};
  return ToUtf8(absl::string_view(bytes, sizeof(bytes)), "UTF-32BE");
}

// "\x{F6}" in an address of the type utf-8.
std::string UndoUnitext(absl::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const size_t close = text.substr(0, 10).find('}');
    uint32_t code = 0;
    if (absl::StartsWith(text, "\\x{") && close != text.npos &&
        absl::SimpleHexAtoi(text.substr(3, close - 3), &code) && code <= 0x10FFFF) {
      plain += CodePoint(code);
      text.remove_prefix(close + 1);
    } else {
      plain.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return plain;
}

}  // namespace

std::string UndoXtext(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '+') {
      plain.push_back(text[i]);
      continue;
    }
    const absl::string_view hex = text.substr(i + 1, 2);
    if (!IsHexByte(hex)) return std::string(text);
    const std::string byte = absl::HexStringToBytes(hex);
    if (!absl::ascii_isprint(byte[0])) return std::string(text);
    plain += byte;
    i += 2;
  }
  return plain;
}

std::string ReportedAddress(absl::string_view body) {
  const size_t semicolon = body.find(';');
  absl::string_view type = "rfc822";
  if (semicolon != body.npos) {
    type = absl::StripAsciiWhitespace(body.substr(0, semicolon));
    body.remove_prefix(semicolon + 1);
  }
  body = absl::StripAsciiWhitespace(body);
  if (absl::ConsumePrefix(&body, "<")) absl::ConsumeSuffix(&body, ">");
  const bool utf8 = absl::EqualsIgnoreCase(type, "utf-8");
  const std::string address = CleanLine(utf8 ? UndoUnitext(body) : std::string(body));
  // "x400", "local", "unknown" are no addresses that anybody wrote to.
  const bool is_mail = utf8 || absl::EqualsIgnoreCase(type, "rfc822");
  if (!is_mail || !absl::StrContains(address, '@')) return "";
  return address.size() <= kMaxReportedAddress ? address : "";
}

}  // namespace postern::mail
