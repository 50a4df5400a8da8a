#pragma once

#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

void InstallCommands(StanzaRouter& router, FeatureContext context);

}  // namespace postern::xmpp_edge
