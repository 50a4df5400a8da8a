#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/mail/address.h"

namespace postern::xmpp_edge {

// XEP-0106: "ann@example.org" <-> "ann\40example.org". Escapes space " & ' / : < > @
// and a backslash that starts a valid escape; unescapes just those.
std::string EscapeLocalpart(absl::string_view text);
std::string UnescapeLocalpart(absl::string_view local);

// The mail address that a localpart at the gateway stands for: "ann\40example.org"
// or JMC's "ann%example.org" (split at the last %). nullopt: it is an account name.
std::optional<mail::Address> AddressOfLocalpart(absl::string_view local);
// The localpart of an address's contact; always in the \40 spelling.
std::string LocalpartOfAddress(const mail::Address& address);

}  // namespace postern::xmpp_edge
