#include "services/xmpp-edge/account_problem.h"

#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/consent_link.h"
#include "services/xmpp-edge/texts/consent.h"
#include "services/xmpp-edge/texts/help.h"

namespace postern::xmpp_edge {
namespace {

std::string Said(const words::Wording& wording, const std::string& english, const Words& words) {
  return wording.empty() ? english : words.Say(wording);
}

}  // namespace

std::string Problem(const admin::v1::Health& health, const Words& words) {
  return Said(rpc::FromProto(health.problem()), health.error(), words);
}

std::string LastProblem(const admin::v1::Health& health, const Words& words) {
  return Said(rpc::FromProto(health.last_problem()), health.last_error(), words);
}

bool LastProblemHolds(const admin::v1::Health& health) {
  return health.state() == admin::v1::HEALTH_STATE_ERROR || !health.error().empty();
}

std::string AccountState(const admin::v1::Account& account, const Words& words) {
  if (!account.enabled()) return texts::StateDisabled(words);
  const std::string problem = Problem(account.health(), words);
  switch (account.health().state()) {
    case admin::v1::HEALTH_STATE_OK:
      return texts::StateWorks(words);
    case admin::v1::HEALTH_STATE_ERROR:
      return problem.empty() ? texts::StateError(words) : problem;
    case admin::v1::HEALTH_STATE_ASKING:
      return NeedsConsent(account) ? texts::StateAwaitsConsent(words) : texts::StateAsking(words);
    case admin::v1::HEALTH_STATE_DISABLED:
      return texts::StateDisabled(words);
    default:
      return texts::StateChecking(words);
  }
}

}  // namespace postern::xmpp_edge
