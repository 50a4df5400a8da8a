#pragma once

#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// XEP-0115: <c/> for the presence of a place: a hash of what its disco#info says, so
// that clients ask once for all contacts of a kind and not each of them.
Element Caps(const Place& place);

}  // namespace postern::xmpp_edge
