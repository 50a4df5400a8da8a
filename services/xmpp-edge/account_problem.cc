#include "services/xmpp-edge/account_problem.h"

#include "lib/rpc/mail_codec.h"

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

}  // namespace postern::xmpp_edge
