#pragma once

#include <functional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// What may take seconds because a mail server does, done beside the queue in which a
// user's stanzas are served one after the other, so that it holds none of them up.
// Its owner outlives the task group's tasks.
class SlowWork {
 public:
  static constexpr int kMaxOfUser = 4;
  static constexpr int kMax = 256;

  explicit SlowWork(FeatureContext context) : context_(context) {}

  // For an iq handler to return: nothing now, the answer follows when `handler` has
  // it; or an error, when too much is under way.
  Element Answer(Incoming incoming, const StanzaRouter::IqHandler& handler);
  // False, and `work` is not done, when too much is under way.
  bool Begin(const std::string& user, net::Task<void> work);

 private:
  net::Task<void> AnswerLater(net::Task<Element> answer);
  net::Task<void> Do(std::string user, net::Task<void> work);

  FeatureContext context_;
  absl::flat_hash_map<std::string, int> of_user_;  // under way
  int all_ = 0;
};

}  // namespace postern::xmpp_edge
