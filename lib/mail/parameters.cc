#include "lib/mail/parameters.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "lib/mail/charset.h"
#include "lib/mail/encoded_word.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

constexpr size_t kMaxFieldBytes = 32 * 1024;
constexpr size_t kMaxSegments = 1000;
constexpr size_t kMaxParameters = 100;

// "name*2*=value" before it is put together.
struct Segment {
  std::string value;
  bool encoded = false;  // percent-encoded, RFC 2231 section 4
};

// All segments of one parameter.
struct Pieces {
  bool has_plain = false;
  std::string plain;
  std::map<int, Segment> segments;  // by number; the unnumbered "name*" is 0
};

// Reads a quoted string or everything up to ';'. Leaves `rest` after it.
std::string TakeValue(absl::string_view& rest) {
  rest = absl::StripLeadingAsciiWhitespace(rest);
  std::string value;
  if (absl::ConsumePrefix(&rest, "\"")) {
    while (!rest.empty() && rest[0] != '"') {
      // Windows paths come with bare backslashes: only a quote or a backslash is escaped.
      if (rest[0] == '\\' && rest.size() > 1 && (rest[1] == '"' || rest[1] == '\\'))
        rest.remove_prefix(1);
      value.push_back(rest[0]);
      rest.remove_prefix(1);
    }
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    return value;
  }
  const size_t end = std::min(rest.find(';'), rest.size());
  value = std::string(absl::StripAsciiWhitespace(rest.substr(0, end)));
  rest.remove_prefix(end);
  return value;
}

std::string PercentDecode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && absl::ascii_isxdigit(text[i + 1]) &&
        absl::ascii_isxdigit(text[i + 2])) {
      out += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// Splits "charset'language'" off the first segment.
std::string TakeCharset(std::string& value) {
  const size_t first = value.find('\'');
  const size_t second = first == value.npos ? first : value.find('\'', first + 1);
  if (second == value.npos) return "";
  std::string charset = value.substr(0, first);
  value.erase(0, second + 1);
  return charset;
}

std::string Join(Pieces& pieces) {
  if (pieces.segments.empty()) return DecodeHeaderText(pieces.plain);
  Segment& first = pieces.segments.begin()->second;
  const std::string charset = first.encoded ? TakeCharset(first.value) : "";
  std::string bytes;
  bool encoded = false;
  for (const auto& [number, segment] : pieces.segments) {
    bytes += segment.encoded ? PercentDecode(segment.value) : segment.value;
    encoded = encoded || segment.encoded;
  }
  return encoded ? CleanLine(ToUtf8(bytes, charset)) : DecodeHeaderText(bytes);
}

void Keep(absl::string_view name, std::string value, std::map<std::string, Pieces>& all) {
  const bool encoded = absl::ConsumeSuffix(&name, "*");
  const size_t star = name.find('*');
  int number = 0;
  const bool numbered =
      star != name.npos && absl::SimpleAtoi(name.substr(star + 1), &number) && number >= 0;
  const std::string key = absl::AsciiStrToLower(numbered ? name.substr(0, star) : name);
  if (!all.contains(key) && all.size() >= kMaxParameters) return;
  Pieces& pieces = all[key];
  if (encoded || numbered) {
    pieces.segments.try_emplace(number, Segment{std::move(value), encoded});
  } else if (!pieces.has_plain) {
    pieces.has_plain = true;
    pieces.plain = std::move(value);
  }
}

}  // namespace

absl::string_view ParameterizedValue::Get(absl::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return "";
}

ParameterizedValue ParseParameterized(absl::string_view field_body) {
  const std::string line = Unfold(field_body.substr(0, kMaxFieldBytes));
  absl::string_view rest = line;
  ParameterizedValue result;
  const size_t value_end = std::min(rest.find_first_of("; \t("), rest.size());
  result.value = CleanLine(absl::AsciiStrToLower(rest.substr(0, value_end)));
  rest.remove_prefix(std::min(rest.find(';'), rest.size()));

  std::map<std::string, Pieces> all;
  for (size_t segments = 0; absl::ConsumePrefix(&rest, ";") && segments < kMaxSegments;
       ++segments) {
    const size_t name_end = std::min(rest.find_first_of(";="), rest.size());
    const absl::string_view name = absl::StripAsciiWhitespace(rest.substr(0, name_end));
    rest.remove_prefix(name_end);
    if (!absl::ConsumePrefix(&rest, "=")) continue;
    std::string value = TakeValue(rest);
    if (!name.empty()) Keep(name, std::move(value), all);
  }
  for (auto& [name, pieces] : all) result.parameters.emplace_back(CleanLine(name), Join(pieces));
  return result;
}

}  // namespace postern::mail
