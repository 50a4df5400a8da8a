#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::xmpp_edge {

// A Jabber address, RFC 7622: local@domain/resource; local and resource may be empty.
struct Jid {
  std::string local;     // lower case (ASCII), as servers send it
  std::string domain;    // lower case
  std::string resource;  // case kept

  std::string Bare() const;  // local@domain, or domain
  std::string Full() const;  // with /resource when there is one
  bool operator==(const Jid&) const = default;
};

// kInvalidArgument: no domain, a part over 1023 bytes, or a character that no JID may hold.
absl::StatusOr<Jid> ParseJid(absl::string_view text);

}  // namespace postern::xmpp_edge
