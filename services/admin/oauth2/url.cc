#include "services/admin/oauth2/url.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::admin {
namespace {

constexpr absl::string_view kScheme = "https://";
constexpr size_t kMaxFields = 32;

// Where the host ends.
size_t EndOfOrigin(absl::string_view url) {
  return std::min(url.find_first_of("/?", kScheme.size()), url.size());
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> Decode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

void AppendUrlText(std::string& out, absl::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  for (const unsigned char c : text) {
    if (absl::ascii_isalnum(c) || absl::StrContains("-._~", static_cast<char>(c))) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kDigits[c >> 4];
      out += kDigits[c & 15];
    }
  }
}

}  // namespace

bool IsHttpsUrl(absl::string_view url) {
  if (!absl::StartsWith(url, kScheme) || EndOfOrigin(url) == kScheme.size()) return false;
  return std::all_of(url.begin(), url.end(), [](char c) {
    return absl::ascii_isgraph(c) && !absl::StrContains("#\"<>\\^`{|}", c);
  });
}

std::string PathOf(absl::string_view url) {
  absl::string_view path = url.substr(EndOfOrigin(url));
  path = path.substr(0, path.find('?'));
  while (absl::ConsumeSuffix(&path, "/")) {
  }
  return std::string(path);
}

std::string EncodeUrlText(absl::string_view text) {
  std::string encoded;
  AppendUrlText(encoded, text);
  return encoded;
}

std::string EncodeForm(const FormFields& fields) {
  size_t most = 0;
  for (const auto& [name, value] : fields) most += 3 * (name.size() + value.size()) + 2;
  std::string form;
  form.reserve(most);  // growing would leave copies of secrets behind
  for (const auto& [name, value] : fields) {
    if (!form.empty()) form += '&';
    AppendUrlText(form, name);
    form += '=';
    AppendUrlText(form, value);
  }
  return form;
}

FormFields DecodeForm(absl::string_view text) {
  FormFields fields;
  for (absl::string_view field : absl::StrSplit(text, '&', absl::SkipEmpty())) {
    if (fields.size() == kMaxFields) break;
    const size_t equals = std::min(field.find('='), field.size());
    auto name = Decode(field.substr(0, equals));
    auto value = Decode(field.substr(std::min(equals + 1, field.size())));
    if (name && value) fields.emplace_back(*std::move(name), *std::move(value));
  }
  return fields;
}

std::string FieldOf(const FormFields& fields, absl::string_view name) {
  for (const auto& [known, value] : fields) {
    if (known == name) return value;
  }
  return "";
}

}  // namespace postern::admin
