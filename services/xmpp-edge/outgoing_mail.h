#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/client_clocks.h"
#include "services/xmpp-edge/draft_completion.h"
#include "services/xmpp-edge/draft_composer.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/pending_drafts.h"
#include "services/xmpp-edge/sent_records.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Takes chat messages to the sender. A message is kept (pending_drafts.h) before
// anything else is asked; then the rules see it and the sender takes it, those of
// one author in order, or the author gets an error on that very message, in words.
// While rules or sender are away it is tried again, for a minute; after a restart
// of the edge, afresh.
class OutgoingMail {
 public:
  // `clocks` outlives it.
  OutgoingMail(FeatureContext context, ClientClocks& clocks);

  // Takes up what a former process left. Call once.
  void Start();
  // A message that is meant to be mailed (message_screening.h). Returns when it was
  // kept or refused; what comes of it then does not hold up what its author writes next.
  net::Task<void> Take(Incoming incoming);
  // The same for a text in place of a former mail, which is taken back first. When that has
  // left, this one is refused.
  net::Task<void> Correct(Incoming incoming, std::string former_id, SentRecord former);
  // Until the sender has all that the author wrote. False: not within a few seconds.
  net::Task<bool> Settled(std::string author) const;

 private:
  using Clock = std::chrono::steady_clock;

  // A draft on its way to the sender.
  struct Handover {
    sender::v1::SubmitRequest request;
    int64_t written_unix = 0;
    Clock::time_point give_up;
    bool fresh = false;     // its stanza has just come
    std::string origin_id;  // of that stanza (XEP-0359), when it is fresh
    PendingDrafts::Replaced replaced;
    std::shared_ptr<const CompleteDraft> complete;  // null: something is still to be read
  };
  // What is to be told of a draft, and whether that is that it was not sent.
  struct News {
    std::vector<Element> stanzas;
    bool refused = false;
  };

  net::Task<void> Resume();
  net::Task<void> ResumeOne(std::string key);
  // Keeps what was composed and hands it on, or refuses the message.
  net::Task<void> Begin(Incoming head, absl::StatusOr<sender::v1::SubmitRequest> request,
                        PendingDrafts::Replaced replaced);
  // Into Redis, and into the count of what is under way.
  net::Task<absl::Status> Keep(sender::v1::SubmitRequest request, PendingDrafts::Replaced replaced,
                               const Words& words);
  // False when the author, or all together, have too much under way.
  bool Admit(const sender::v1::SubmitRequest& request);
  void Release(const sender::v1::SubmitRequest& request);
  // Behind what its author wrote before.
  void Enqueue(Handover handover);
  net::Task<void> WorkFor(std::string author);
  // The author's drafts that the sender does not have yet, as mails, the last one first.
  std::vector<MailThread> UnderWay(const std::string& author) const;

  // outgoing_handover.cc.
  // Rules and sender, until there is an answer or the time is over.
  net::Task<News> HandOver(Handover handover);
  net::Task<absl::StatusOr<sender::v1::SubmitResponse>> Hand(Handover& handover);
  // Takes the mail back in whose place this one goes; once.
  net::Task<absl::Status> TakeFormerBack(Handover& handover);
  net::Task<absl::Status> AskRules(const sender::v1::SubmitRequest& request);
  net::Task<void> Remember(Handover handover, sender::v1::SubmitResponse taken);
  // What its author is told of the mail that goes on with it; empty: nothing.
  std::string ForwardNote(const Handover& handover) const;
  // What its author is told when it waits before it is sent.
  struct Wait {
    std::string note;           // empty: nothing
    bool zone_unknown = false;  // so that the note tells a time of UTC
  };
  Wait WaitOf(const sender::v1::SubmitRequest& request,
              const sender::v1::SubmitResponse& taken) const;
  // That, and once that the author's zone is unknown.
  net::Task<std::string> WaitingNote(const sender::v1::SubmitRequest& request,
                                     const sender::v1::SubmitResponse& taken);
  // The end of a draft: tells its author the news, then forgets it. Neither is given
  // up: a draft left in Redis would be sent by the next process.
  net::Task<void> Conclude(sender::v1::SubmitRequest request, News news);
  News Refused(const sender::v1::SubmitRequest& request, const absl::Status& why) const;

  FeatureContext context_;
  DraftComposer composer_;
  DraftCompletion completion_;
  ClientClocks& clocks_;
  PendingDrafts pending_;
  SentRecords records_;
  // By idempotency key, until it is forgotten; true: its author was told that it is not sent.
  absl::flat_hash_map<std::string, bool> in_flight_;
  absl::flat_hash_map<std::string, int> drafts_of_user_;  // in flight
  size_t bytes_in_flight_ = 0;
  // By author; a coroutine works for each that is in it.
  absl::flat_hash_map<std::string, std::deque<Handover>> chains_;
};

// Not an answer to the draft but to the moment: the same draft may be taken later.
// Internal and unknown are what a killed peer's broken stream may look like.
bool IsNotNow(const absl::Status& status);
// For the metric of drafts.
void CountDraft(bool taken);
// Asks the sender to forget a mail of `owner`. kFailedPrecondition: it has left, or leaves;
// kNotFound: there is none.
net::Task<absl::Status> CancelSent(FeatureContext context, std::string owner, std::string key);

// The error that an author gets on a message that was not taken.
Element RefusalOf(const Element& message, const absl::Status& why, const Words& words);

}  // namespace postern::xmpp_edge
