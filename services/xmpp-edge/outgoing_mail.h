#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/draft_composer.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/pending_drafts.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Takes chat messages to the sender. A message is kept (pending_drafts.h) before
// anything else is asked; then the rules see it and the sender takes it, those of
// one author in order, or the author gets an error on that very message, in words.
// While rules or sender are away it is tried again, for a minute; after a restart
// of the edge, afresh.
class OutgoingMail {
 public:
  explicit OutgoingMail(FeatureContext context);

  // Takes up what a former process left. Call once.
  void Start();
  // A message that is meant to be mailed (message_screening.h). Returns when it was
  // kept or refused; what comes of it then does not hold up what its author writes next.
  net::Task<void> Take(Incoming incoming);

 private:
  using Clock = std::chrono::steady_clock;

  // A draft on its way to the sender.
  struct Handover {
    sender::v1::SubmitRequest request;
    int64_t written_unix = 0;
    Clock::time_point give_up;
    bool fresh = false;  // its stanza has just come
  };
  // What is to be told of a draft, and whether that is that it was not sent.
  struct News {
    std::vector<Element> stanzas;
    bool refused = false;
  };

  net::Task<void> Resume();
  net::Task<void> ResumeOne(std::string key);
  // Into Redis, and into the count of what is under way.
  net::Task<absl::Status> Keep(sender::v1::SubmitRequest request, const Words& words);
  // False when the author, or all together, have too much under way.
  bool Admit(const sender::v1::SubmitRequest& request);
  void Release(const sender::v1::SubmitRequest& request);
  // Behind what its author wrote before.
  void Enqueue(Handover handover);
  net::Task<void> WorkFor(std::string author);
  // The author's drafts that the sender does not have yet, as mails, the last one first.
  std::vector<MailThread> UnderWay(const std::string& author) const;

  // Rules and sender, until there is an answer or the time is over.
  net::Task<News> HandOver(Handover handover);
  net::Task<absl::StatusOr<sender::v1::SubmitResponse>> Hand(sender::v1::SubmitRequest request);
  net::Task<absl::Status> AskRules(sender::v1::SubmitRequest request);
  net::Task<void> Remember(Handover handover, sender::v1::SubmitResponse taken);
  // The end of a draft: tells its author the news, then forgets it. Neither is given
  // up: a draft left in Redis would be sent by the next process.
  net::Task<void> Conclude(sender::v1::SubmitRequest request, News news);
  News Refused(const sender::v1::SubmitRequest& request, const absl::Status& why) const;

  FeatureContext context_;
  DraftComposer composer_;
  PendingDrafts pending_;
  // By idempotency key, until it is forgotten; true: its author was told that it is not sent.
  absl::flat_hash_map<std::string, bool> in_flight_;
  absl::flat_hash_map<std::string, int> drafts_of_user_;  // in flight
  size_t bytes_in_flight_ = 0;
  // By author; a coroutine works for each that is in it.
  absl::flat_hash_map<std::string, std::deque<Handover>> chains_;
};

// The error that an author gets on a message that was not taken.
Element RefusalOf(const Element& message, const absl::Status& why, const Words& words);

}  // namespace postern::xmpp_edge
