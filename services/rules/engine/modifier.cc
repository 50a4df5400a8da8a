#include "services/rules/engine/modifier.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/code_points.h"

namespace postern::rules {
namespace {

std::string Quoted(absl::string_view value, absl::string_view special) {
  std::string quoted;
  for (char c : value) {
    if (absl::StrContains(special, c)) quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted;
}

// RFC 3986 section 2.3.
std::string UrlEncoded(absl::string_view value) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char c : value) {
    if (absl::ascii_isalnum(c) || absl::StrContains("-._~", static_cast<char>(c))) {
      encoded.push_back(static_cast<char>(c));
    } else {
      encoded.append({'%', kHex[c >> 4], kHex[c & 15]});
    }
  }
  return encoded;
}

std::string Apply(Modifier modifier, std::string value) {
  switch (modifier) {
    case Modifier::kLower:
      return absl::AsciiStrToLower(value);
    case Modifier::kUpper:
      return absl::AsciiStrToUpper(value);
    case Modifier::kLowerFirst:
      if (!value.empty()) value[0] = absl::ascii_tolower(value[0]);
      return value;
    case Modifier::kUpperFirst:
      if (!value.empty()) value[0] = absl::ascii_toupper(value[0]);
      return value;
    case Modifier::kQuoteWildcard:
      return Quoted(value, "*?\\");
    case Modifier::kQuoteRegex:
      return Quoted(value, "\\^$.[]|()?*+{}");
    case Modifier::kEncodeUrl:
      return UrlEncoded(value);
    case Modifier::kLength:
      break;
  }
  return absl::StrCat(CountCodePoints(value));
}

}  // namespace

std::string Modified(std::string value, const std::vector<Modifier>& modifiers) {
  for (Modifier modifier : modifiers) value = Apply(modifier, std::move(value));
  return value;
}

}  // namespace postern::rules
