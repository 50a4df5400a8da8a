#pragma once

#include <memory>

#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

class RegistrationDesk;

void InstallRegistration(StanzaRouter& router, FeatureContext context,
                         std::shared_ptr<RegistrationDesk> desk);

}  // namespace postern::xmpp_edge
