#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/xmpp-edge/stanza_router.h"
#include "services/xmpp-edge/stanza_sink.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Answers to iqs that take seconds, because a mail server is asked. Each is made in a
// task of its own, so that its user's next stanzas need not wait; StanzaRouter does not
// count it any more, so it is counted here.
class SlowAnswers {
 public:
  static constexpr size_t kMostOfUser = 4;
  static constexpr size_t kMost = 256;

  SlowAnswers(StanzaSink& sink, net::TaskGroup& tasks) : sink_(sink), tasks_(tasks) {}

  // Begins `work`, whose answer is sent when it is there. What comes back is for the
  // IqHandler to answer with: an Element without a name, so that nothing is sent now, or
  // the refusal of what is too much. `work` takes values and needs only what outlives
  // the task group; of the iq it keeps no more than Envelope().
  Element Begin(const Incoming& incoming, const Words& words, net::Task<Element> work);

 private:
  net::Task<void> Run(std::string user, net::Task<Element> work);

  StanzaSink& sink_;
  net::TaskGroup& tasks_;
  size_t under_way_ = 0;
  absl::flat_hash_map<std::string, size_t> of_user_;
};

// An iq without what is in it: enough to be answered.
Element Envelope(const Element& iq);

}  // namespace postern::xmpp_edge
