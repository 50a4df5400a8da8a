#pragma once

#include <string>

#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/contact_addresses.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// XEP-0115: <c/> for the presence of a place: a hash of what its disco#info says, so
// that clients ask once for all contacts of a kind and not each of them. `contacts` are
// the site's (FeatureContext), for the gateway's disco#info names them.
Element Caps(const Place& place, const ContactAddresses& contacts);

// The hash itself, of a disco#info <query/>: XEP-0115 section 5.1. Pure.
std::string CapsHash(const Element& query);

// True when a disco node asks for the disco#info behind a <c/>; `hash` is then its ver.
bool IsCapsNode(absl::string_view node, absl::string_view& hash);

}  // namespace postern::xmpp_edge
