#include "services/admin/bare_jid.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace postern::admin {
namespace {

constexpr size_t kMaxPartBytes = 1023;  // RFC 7622 section 3.1

bool IsForbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f || c == '"' || c == '&' || c == '\'' || c == ':' ||
         c == '<' || c == '>' || c == '/';
}

}  // namespace

absl::StatusOr<std::string> NormalizeBareJid(absl::string_view field, absl::string_view jid) {
  const auto wrong = [field](absl::string_view reason) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": ", reason));
  };
  if (jid.empty()) return wrong("must be a bare JID, like ann@example.org");
  const size_t at = jid.find('@');
  const absl::string_view local = at == jid.npos ? "" : jid.substr(0, at);
  const absl::string_view domain = at == jid.npos ? jid : jid.substr(at + 1);
  if (domain.empty() || (at != jid.npos && local.empty())) {
    return wrong("must be a bare JID, like ann@example.org");
  }
  if (local.size() > kMaxPartBytes || domain.size() > kMaxPartBytes) return wrong("is too long");
  for (char c : local) {
    if (IsForbidden(c)) return wrong("holds a character that no bare JID may hold");
  }
  for (char c : domain) {
    // A colon is legal in an IPv6 literal, RFC 7622 section 3.2.
    if ((IsForbidden(c) && c != ':') || c == '@') {
      return wrong("holds a character that no bare JID may hold");
    }
  }
  return absl::AsciiStrToLower(jid);
}

}  // namespace postern::admin
