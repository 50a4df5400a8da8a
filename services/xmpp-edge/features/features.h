#pragma once

#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Puts every feature of this folder into the table, but for presence.
void InstallFeatures(StanzaRouter& router, FeatureContext context);

}  // namespace postern::xmpp_edge
