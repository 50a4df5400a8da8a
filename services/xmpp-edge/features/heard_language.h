#pragma once

#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Remembers which language the client of each user speaks (xml:lang, RFC 6120 section
// 8.1.5), for what is said to them unasked. Only of users with accounts, and not of
// those who have chosen a language.
void InstallHeardLanguage(StanzaRouter& router, FeatureContext context);

}  // namespace postern::xmpp_edge
