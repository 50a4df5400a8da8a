#pragma once

#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

void InstallPing(StanzaRouter& router);

}  // namespace postern::xmpp_edge
