#pragma once

#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Messages to the gateway: help, or mail on its way out.
void InstallMessage(StanzaRouter& router, FeatureContext context);

}  // namespace postern::xmpp_edge
