#include "services/xmpp-edge/slow_work.h"

#include <utility>

#include "services/xmpp-edge/texts/common.h"

namespace postern::xmpp_edge {

Element SlowWork::Answer(Incoming incoming, const StanzaRouter::IqHandler& handler) {
  const std::string user = incoming.from.Bare();
  const Words& words = context_.interpreter.Answering(user, incoming.lang);
  Element refusal =
      ErrorAnswer(incoming.stanza, "wait", "resource-constraint", texts::TooMuchAtOnce(words));
  if (Begin(user, AnswerLater(handler(std::move(incoming))))) return Element();
  return refusal;
}

bool SlowWork::Begin(const std::string& user, net::Task<void> work) {
  const auto known = of_user_.find(user);
  if (all_ >= kMax || (known != of_user_.end() && known->second >= kMaxOfUser)) return false;
  ++of_user_[user];
  ++all_;
  context_.tasks.Spawn("slow work", Do(user, std::move(work)));
  return true;
}

net::Task<void> SlowWork::AnswerLater(net::Task<Element> answer) {
  Element stanza = co_await std::move(answer);
  // When the link is down the asker's server answers for us.
  (void)co_await context_.sink.Send(std::move(stanza));
}

net::Task<void> SlowWork::Do(std::string user, net::Task<void> work) {
  co_await std::move(work);
  if (--of_user_[user] == 0) of_user_.erase(user);
  --all_;
}

}  // namespace postern::xmpp_edge
