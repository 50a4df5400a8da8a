#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/outgoing_mail.h"
#include "services/xmpp-edge/sent_records.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// Takes mails back that have not left yet, because their author retracts the message
// (XEP-0424), corrects it (XEP-0308), or says "cancel" to the same contact, which is about the
// newest that waits, or as a reply to the message or to what the gateway said of it. That word
// alone is never mailed, for its author may think that something waits.
class TakingBack {
 public:
  // `outgoing` outlives it.
  TakingBack(FeatureContext context, OutgoingMail& outgoing);

  net::Task<void> Retract(Incoming incoming, std::string id);
  net::Task<void> Correct(Incoming incoming, std::string id);
  // True when the message was one that takes a mail back; it is answered.
  net::Task<bool> TakeWord(const Incoming& incoming);

 private:
  // The mail of that message to that contact. kNotFound; kUnavailable: not now.
  net::Task<absl::StatusOr<SentRecord>> Find(const Incoming& incoming, std::string id);
  // What is to be told of the word, as TakeBack.
  net::Task<absl::StatusOr<std::string>> TakeMeantBack(const Incoming& incoming,
                                                       const Words& words);
  // Answers what is to be told: OK, or an error with a sentence for the author.
  // kFailedPrecondition: it has left; kUnavailable: not now.
  net::Task<absl::StatusOr<std::string>> TakeBack(SentRecord record, const Words& words);
  net::Task<void> Refuse(const Incoming& incoming, const absl::Status& why);
  net::Task<void> Say(const Incoming& incoming, std::string text);

  FeatureContext context_;
  OutgoingMail& outgoing_;
  SentRecords records_;
};

}  // namespace postern::xmpp_edge
