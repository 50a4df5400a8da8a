#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// XEP-0157: where people write to about the gateway. URIs by what they are for:
// "abuse-addresses" -> {"mailto:abuse@example.org"}.
using ContactAddresses = std::map<std::string, std::vector<std::string>>;

// Reads "abuse-addresses=mailto:abuse@example.org", one address in each item, at most
// 20. kInvalidArgument says which item is wrong and what there may be.
absl::StatusOr<ContactAddresses> ReadContactAddresses(const std::vector<std::string>& items);

// The form in disco#info (XEP-0128); an empty element when there are none.
Element ContactAddressesForm(const ContactAddresses& contacts);

}  // namespace postern::xmpp_edge
