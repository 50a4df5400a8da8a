#include "services/xmpp-edge/jid.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace postern::xmpp_edge {

namespace {

constexpr size_t kMaxPartBytes = 1023;  // RFC 7622 section 3.1

bool HasControl(absl::string_view text) {
  for (const unsigned char c : text) {
    if (c < 0x20 || c == 0x7F) return true;
  }
  return false;
}

// RFC 7622 section 3.3.1; the server has applied the rest of PRECIS already.
bool IsLocalpart(absl::string_view text) {
  return text.size() <= kMaxPartBytes && !HasControl(text) &&
         text.find_first_of("\"&'/:<>@ ") == absl::string_view::npos;
}

bool IsDomain(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxPartBytes && !HasControl(text) &&
         text.find_first_of("\"&'/<>@ \\") == absl::string_view::npos;
}

bool IsResource(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxPartBytes && !HasControl(text);
}

}  // namespace

std::string Jid::Bare() const { return local.empty() ? domain : absl::StrCat(local, "@", domain); }

std::string Jid::Full() const {
  return resource.empty() ? Bare() : absl::StrCat(Bare(), "/", resource);
}

absl::StatusOr<Jid> ParseJid(absl::string_view text) {
  // The first slash ends the bare JID: a resource may hold "@" and "/" (RFC 7622 section 3.1).
  const size_t slash = text.find('/');
  const absl::string_view bare = text.substr(0, slash);
  const size_t at = bare.find('@');

  Jid jid;
  if (at != absl::string_view::npos) jid.local = absl::AsciiStrToLower(bare.substr(0, at));
  jid.domain = absl::AsciiStrToLower(at == absl::string_view::npos ? bare : bare.substr(at + 1));
  if (!IsDomain(jid.domain)) return absl::InvalidArgumentError("jid: the domain is wrong");
  if (at != absl::string_view::npos && (jid.local.empty() || !IsLocalpart(jid.local))) {
    return absl::InvalidArgumentError("jid: the part before @ is wrong");
  }
  if (slash != absl::string_view::npos) {
    jid.resource = std::string(text.substr(slash + 1));
    if (!IsResource(jid.resource)) return absl::InvalidArgumentError("jid: the resource is wrong");
  }
  return jid;
}

}  // namespace postern::xmpp_edge
