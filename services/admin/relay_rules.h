#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"

namespace postern::admin {

// Whom the operator lets send from a domain. Users of any XMPP server may register,
// so the plain form lets nobody send in another's name.
struct RelayDomain {
  std::string mail_domain;
  // Users of this XMPP domain send as themselves: ann@chat.example.org as
  // ann@example.org. Empty: everybody, as anybody there.
  std::string user_domain;
};

// The operator's own relay, as far as accounts are concerned (--relay-…).
struct RelayRules {
  bool offered = false;
  std::string label;  // what the operator calls it; may be empty
  std::vector<RelayDomain> domains;
};

// "example.org", "chat.example.org=example.org" or "*@example.org".
// kInvalidArgument: the reason alone.
absl::StatusOr<RelayDomain> ParseRelayDomain(absl::string_view text);

// Whether `owner`, a bare JID, may send as `from` through the relay.
// kInvalidArgument: "field: reason".
absl::Status CheckRelaySender(const RelayRules& rules, absl::string_view owner,
                              const mail::Address& from, absl::string_view field = "default_from");

}  // namespace postern::admin
