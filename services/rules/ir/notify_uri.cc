#include "services/rules/ir/notify_uri.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxTargets = 8;
constexpr size_t kMaxJidPart = 1023;  // bytes, RFC 7622 section 3.1

// "%40" is "@". Nothing when a "%" has no two digits after it, or what comes out is no clean text.
std::optional<std::string> Decode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const absl::string_view digits = text.substr(i + 1, 2);
    const bool hex = digits.size() == 2 &&
                     absl::ascii_isxdigit(static_cast<unsigned char>(digits[0])) &&
                     absl::ascii_isxdigit(static_cast<unsigned char>(digits[1]));
    if (!hex) return std::nullopt;
    out += absl::HexStringToBytes(digits);
    i += 2;
  }
  if (!mail::IsUtf8(out) || absl::StrContains(out, absl::string_view("\0", 1))) return std::nullopt;
  return out;
}

absl::Status Wrong(absl::string_view why) { return absl::InvalidArgumentError(why); }

// "subject=x" and its like, joined by `mark`.
absl::Status ReadParameters(absl::string_view text, char mark, NotifyUri& uri) {
  for (const absl::string_view field : absl::StrSplit(text, mark, absl::SkipEmpty())) {
    const size_t equals = field.find('=');
    if (equals == absl::string_view::npos) return Wrong("has a parameter without \"=\"");
    const auto name = Decode(field.substr(0, equals));
    auto value = Decode(field.substr(equals + 1));
    if (!name || !value) return Wrong("has a % that two hexadecimal digits don't follow");
    uri.parameters[absl::AsciiStrToLower(*name)] = *std::move(value);
  }
  return absl::OkStatus();
}

// xmpp:ann@example.org?message;body=Hello
absl::StatusOr<NotifyUri> ReadXmpp(absl::string_view rest) {
  if (absl::StartsWith(rest, "//"))
    return Wrong("names an account to send from (\"xmpp://\"); write xmpp:ann@example.org");
  NotifyUri uri{NotifyMethod::kXmpp, {}, {}};
  rest = rest.substr(0, rest.find('#'));
  const size_t mark = rest.find('?');
  const auto jid = Decode(rest.substr(0, mark));
  if (!jid || !IsJid(*jid)) return Wrong("has no Jabber address; write xmpp:ann@example.org");
  uri.targets.push_back(*jid);
  if (mark == absl::string_view::npos) return uri;
  absl::string_view query = rest.substr(mark + 1);
  const absl::string_view type = query.substr(0, query.find(';'));
  if (!absl::EqualsIgnoreCase(type, "message"))
    return Wrong(absl::StrCat("asks for \"", type, "\"; only \"?message\" can be sent"));
  query.remove_prefix(type.size());
  if (absl::Status s = ReadParameters(query, ';', uri); !s.ok()) return s;
  return uri;
}

// `text` is decoded: the comma between two addresses may be written as %2C, too (RFC 2368).
absl::Status AddAddresses(absl::string_view text, NotifyUri& uri) {
  if (absl::StripAsciiWhitespace(text).empty()) return absl::OkStatus();
  const auto addresses = mail::ParseAddressList(text, kMaxTargets);
  if (!addresses.ok())
    return Wrong(absl::StrCat("has an address that can't be read: ",
                              mail::CleanLine(mail::CutUtf8(text, 100))));
  for (const mail::Address& address : *addresses) uri.targets.push_back(address.Spec());
  if (uri.targets.size() > kMaxTargets)
    return Wrong(absl::StrCat("has more than ", kMaxTargets, " addresses"));
  return absl::OkStatus();
}

bool IsFieldName(absl::string_view name) {
  for (const char c : name)
    if (c <= ' ' || c >= '\x7F' || c == ':') return false;
  return !name.empty();
}

// mailto:ann@example.org,bob@example.org?subject=x
absl::StatusOr<NotifyUri> ReadMailto(absl::string_view rest) {
  NotifyUri uri{NotifyMethod::kMailto, {}, {}};
  rest = rest.substr(0, rest.find('#'));
  const size_t mark = rest.find('?');
  const auto addresses = Decode(rest.substr(0, mark));
  if (!addresses) return Wrong("has a % that two hexadecimal digits don't follow");
  if (absl::Status s = AddAddresses(*addresses, uri); !s.ok()) return s;
  if (mark != absl::string_view::npos) {
    if (absl::Status s = ReadParameters(rest.substr(mark + 1), '&', uri); !s.ok()) return s;
  }
  for (const auto& [name, value] : uri.parameters) {
    if (!IsFieldName(name))
      return Wrong(
          absl::StrCat("sets a header field of no possible name: ", mail::CleanLine(name)));
  }
  for (const char* field : {"to", "cc"}) {
    const auto more = uri.parameters.find(field);
    if (more == uri.parameters.end()) continue;
    if (absl::Status s = AddAddresses(more->second, uri); !s.ok()) return s;
  }
  if (uri.targets.empty()) return Wrong("has no address; write mailto:ann@example.org");
  return uri;
}

// https://hooks.example.org/x
absl::StatusOr<NotifyUri> ReadHttps(absl::string_view whole, absl::string_view rest) {
  if (!absl::ConsumePrefix(&rest, "//")) return Wrong("is no URL; write https://example.org/path");
  for (const char c : whole) {
    if (c <= ' ' || c == '\x7F' || absl::StrContains("\"<>\\^`{|}", c))
      return Wrong("has a character that a URL must encode with %");
  }
  const absl::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const size_t colon = authority.find(':');
  const absl::string_view host = authority.substr(0, colon);
  uint32_t port = 443;
  const bool good_port =
      colon == absl::string_view::npos ||
      (absl::SimpleAtoi(authority.substr(colon + 1), &port) && port > 0 && port < 65536);
  if (absl::StrContains(authority, "@")) return Wrong("holds a user name; leave it out");
  if (host.empty() || !good_port ||
      host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
          absl::string_view::npos)
    return Wrong("has no host that can be reached; write https://example.org/path");
  return NotifyUri{NotifyMethod::kHttps, {std::string(whole)}, {}};
}

}  // namespace

absl::StatusOr<NotifyUri> ParseNotifyUri(absl::string_view uri) {
  if (uri.size() > kMaxNotifyUriBytes)
    return Wrong(absl::StrCat("is longer than ", kMaxNotifyUriBytes, " bytes"));
  if (mail::HasControls(uri)) return Wrong("holds a control character");
  if (uri.find_first_of("<>\"") != absl::string_view::npos)
    return Wrong("holds a <, > or \", which a URI must encode with %");
  const size_t colon = uri.find(':');
  const std::string scheme = absl::AsciiStrToLower(uri.substr(0, colon));
  if (colon == absl::string_view::npos || scheme.empty())
    return Wrong("is no URI; write xmpp:ann@example.org or mailto:ann@example.org");
  const absl::string_view rest = uri.substr(colon + 1);
  if (scheme == "xmpp") return ReadXmpp(rest);
  if (scheme == "mailto") return ReadMailto(rest);
  if (scheme == "https") return ReadHttps(uri, rest);
  return Wrong(absl::StrCat("\"", mail::CutUtf8(scheme, 20),
                            "\" is unknown; there are xmpp, mailto and https"));
}

bool IsJid(absl::string_view text) {
  if (!mail::IsUtf8(text) || mail::HasControls(text)) return false;
  const size_t slash = text.find('/');
  const absl::string_view bare = text.substr(0, slash);
  const size_t at = bare.find('@');
  const absl::string_view local = at == absl::string_view::npos ? "" : bare.substr(0, at);
  const absl::string_view domain = at == absl::string_view::npos ? bare : bare.substr(at + 1);
  if (at == 0 || local.size() > kMaxJidPart || domain.empty() || domain.size() > kMaxJidPart)
    return false;
  if (local.find_first_of("\"&'/:<>@ ") != absl::string_view::npos) return false;
  if (domain.find_first_of("\"&'/<>@ \\") != absl::string_view::npos) return false;
  return slash == absl::string_view::npos ||
         (slash + 1 < text.size() && text.size() - slash - 1 <= kMaxJidPart);
}

}  // namespace postern::rules
