#include "services/xmpp-edge/slow_answers.h"

#include <utility>

#include "services/xmpp-edge/texts/common.h"

namespace postern::xmpp_edge {

Element SlowAnswers::Begin(const Incoming& incoming, const Words& words, net::Task<Element> work) {
  std::string user = incoming.from.Bare();
  const auto mine = of_user_.find(user);
  if (under_way_ >= kMost || (mine != of_user_.end() && mine->second >= kMostOfUser)) {
    return ErrorAnswer(incoming.stanza, "wait", "resource-constraint", texts::TooMuchAtOnce(words));
  }
  ++under_way_;
  ++of_user_[user];
  tasks_.Spawn("slow answer", Run(std::move(user), std::move(work)));
  return Element();
}

net::Task<void> SlowAnswers::Run(std::string user, net::Task<Element> work) {
  Element answer = co_await std::move(work);
  // When the link is down the asker's server answers for us.
  (void)co_await sink_.Send(std::move(answer));
  --under_way_;
  const auto mine = of_user_.find(user);
  if (--mine->second == 0) of_user_.erase(mine);
}

Element Envelope(const Element& iq) {
  return MakeStanza("iq", iq.Attr("from"), iq.Attr("to"), iq.Attr("type"), iq.Attr("id"));
}

}  // namespace postern::xmpp_edge
