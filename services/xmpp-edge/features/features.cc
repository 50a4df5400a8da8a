#include "services/xmpp-edge/features/features.h"

#include <memory>
#include <utility>

#include "services/xmpp-edge/features/commands.h"
#include "services/xmpp-edge/features/disco.h"
#include "services/xmpp-edge/features/gateway_prompt.h"
#include "services/xmpp-edge/features/heard_language.h"
#include "services/xmpp-edge/features/last_activity.h"
#include "services/xmpp-edge/features/message.h"
#include "services/xmpp-edge/features/ping.h"
#include "services/xmpp-edge/features/registration.h"
#include "services/xmpp-edge/features/registration_desk.h"
#include "services/xmpp-edge/features/vcard.h"
#include "services/xmpp-edge/features/version.h"

namespace postern::xmpp_edge {

void InstallFeatures(StanzaRouter& router, FeatureContext context) {
  InstallDisco(router, context);
  auto desk = std::make_shared<RegistrationDesk>(context);
  InstallRegistration(router, context, desk);
  InstallGatewayPrompt(router, context);
  InstallPing(router);
  InstallVersion(router);
  InstallLastActivity(router, context);
  InstallVcard(router, context);
  InstallMessage(router, context);
  InstallCommands(router, context, std::move(desk));
  InstallHeardLanguage(router, context);  // the last that listens to the directory
}

}  // namespace postern::xmpp_edge
