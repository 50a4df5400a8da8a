#pragma once

#include <string>

#include "absl/container/flat_hash_set.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Answers to what users say by chat, some of which take a while.
class ChatWork {
 public:
  explicit ChatWork(FeatureContext context) : context_(context) {}

  // A message with nothing in it but what an answer needs.
  static Incoming HeadOf(const Incoming& incoming);

  // From the contact that was written to. A text that is too long for one message goes as several.
  net::Task<void> Say(Incoming head, std::string text);
  // In the background, for a mail server or a service may be slow: what comes of `work` is said.
  // One at once for a user; it needs only what outlives the task group.
  net::Task<void> Begin(Incoming head, net::Task<std::string> work);

 private:
  net::Task<void> Run(Incoming head, net::Task<std::string> work);

  FeatureContext context_;
  absl::flat_hash_set<std::string> busy_;  // users
};

}  // namespace postern::xmpp_edge
