#include "lib/http/url.h"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace postern::http {
namespace {

constexpr size_t kMaxBytes = 4096;
constexpr size_t kMaxHostBytes = 253;
constexpr absl::string_view kScheme = "https://";

absl::Status Unreadable() { return absl::InvalidArgumentError("http: not an https URL"); }

bool IsNameByte(char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.'; }

// "scheme:", RFC 3986 section 3.1.
bool HasScheme(absl::string_view text) {
  const size_t colon = text.find(':');
  if (colon == 0 || colon == absl::string_view::npos || !absl::ascii_isalpha(text[0])) return false;
  return std::all_of(text.begin(), text.begin() + colon, [](char c) {
    return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
  });
}

bool ReadPort(absl::string_view digits, uint16_t& port) {
  uint32_t number = 0;
  const bool plain = !digits.empty() && std::all_of(digits.begin(), digits.end(),
                                                    [](char c) { return absl::ascii_isdigit(c); });
  if (!plain || !absl::SimpleAtoi(digits, &number) || number == 0 || number > 65535) return false;
  port = static_cast<uint16_t>(number);
  return true;
}

// "host", "host:port", "[v6]", "[v6]:port".
bool ReadAuthority(absl::string_view text, Url& url) {
  absl::string_view rest;
  if (absl::StartsWith(text, "[")) {
    const size_t end = text.find(']');
    if (end == absl::string_view::npos) return false;
    url.host = absl::AsciiStrToLower(text.substr(1, end - 1));
    boost::system::error_code bad;
    boost::asio::ip::make_address_v6(url.host, bad);
    if (bad || url.host.find('%') != std::string::npos) return false;
    rest = text.substr(end + 1);
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    url.host = absl::AsciiStrToLower(text.substr(0, colon));
    rest = text.substr(colon);
    if (url.host.empty() || url.host.size() > kMaxHostBytes) return false;
    if (!std::all_of(url.host.begin(), url.host.end(), IsNameByte)) return false;
  }
  return rest.empty() || (rest[0] == ':' && ReadPort(rest.substr(1), url.port));
}

int HexDigit(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  return absl::ascii_isxdigit(c) ? absl::ascii_tolower(c) - 'a' + 10 : -1;
}

std::optional<char> DecodedByte(absl::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const int high = HexDigit(text[1]), low = HexDigit(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

}  // namespace

absl::StatusOr<Url> ReadUrl(absl::string_view text) {
  if (text.size() > kMaxBytes) return Unreadable();
  const bool clean = std::none_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_iscntrl(c) || c == ' ' || c == '\\' || c == '"' || c == '<' || c == '>';
  });
  if (!clean || !HasScheme(text)) return Unreadable();
  if (!absl::StartsWithIgnoreCase(text, kScheme)) {
    return absl::FailedPreconditionError("http: https only");
  }
  text.remove_prefix(kScheme.size());
  text = text.substr(0, text.find('#'));
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  Url url;
  if (!ReadAuthority(text.substr(0, end), url)) return Unreadable();
  const absl::string_view path = text.substr(end);
  url.path = absl::StartsWith(path, "/") ? std::string(path) : absl::StrCat("/", path);
  return url;
}

std::string ToString(const Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  std::string text =
      v6 ? absl::StrCat(kScheme, "[", url.host, "]") : absl::StrCat(kScheme, url.host);
  if (url.port != 443) absl::StrAppend(&text, ":", url.port);
  for (const char c : url.path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      absl::StrAppendFormat(&text, "%%%02X", byte);
    }
  }
  return text;
}

std::string LastPathPart(const Url& url) {
  absl::string_view path = absl::string_view(url.path);
  path = path.substr(0, path.find('?'));
  path.remove_prefix(path.rfind('/') + 1);
  std::string name;
  for (size_t at = 0; at < path.size(); ++at) {
    const std::optional<char> byte = DecodedByte(path.substr(at));
    name += byte.value_or(path[at]);
    if (byte) at += 2;
  }
  return name;
}

}  // namespace postern::http
