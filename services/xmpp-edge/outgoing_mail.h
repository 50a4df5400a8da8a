#pragma once

#include <chrono>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/draft_composer.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/pending_drafts.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Takes chat messages to the sender. A message is kept (pending_drafts.h) before
// anything else is asked; then the rules see it and the sender takes it, or its
// author gets an error on that very message, in words. While rules or sender are
// away it is tried again, for a minute; after a restart of the edge, afresh.
class OutgoingMail {
 public:
  explicit OutgoingMail(FeatureContext context);

  // Takes up what a former process left. Call once.
  void Start();
  // A message that is meant to be mailed (message_screening.h). Returns when it
  // was taken or refused, or soon, when that will take longer.
  net::Task<void> Take(Incoming incoming);

 private:
  using Clock = std::chrono::steady_clock;

  net::Task<void> Resume();
  // Into Redis, and into the count of what is under way.
  net::Task<absl::Status> Keep(sender::v1::SubmitRequest request);
  // False when the author has too many under way.
  bool Admit(const sender::v1::SubmitRequest& request);
  void Release(const sender::v1::SubmitRequest& request);
  // Rules, then sender. OK: the sender has it, and it is remembered as a mail of its thread.
  net::Task<absl::Status> Hand(sender::v1::SubmitRequest request, Clock::duration patience);
  net::Task<absl::Status> AskRules(const sender::v1::SubmitRequest& request,
                                   std::chrono::milliseconds deadline);
  net::Task<void> KeepHanding(sender::v1::SubmitRequest request);
  // The end of a draft: tells its author when it was refused, then forgets it.
  net::Task<void> Conclude(sender::v1::SubmitRequest request, absl::Status verdict);
  net::Task<void> Remember(const sender::v1::SubmitRequest& request,
                           const sender::v1::SubmitResponse& taken);

  FeatureContext context_;
  DraftComposer composer_;
  PendingDrafts pending_;
  absl::flat_hash_set<std::string> in_flight_;            // idempotency keys
  absl::flat_hash_map<std::string, int> drafts_of_user_;  // in flight
};

// The error that an author gets on a message that was not taken.
Element RefusalOf(const Element& message, const absl::Status& why);

}  // namespace postern::xmpp_edge
