#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// Tells the author of a message what became of the mail: a receipt or a line when
// it was sent, an error on that very message when it was not, a line when it takes
// longer.
class OutcomeReporter {
 public:
  explicit OutcomeReporter(FeatureContext context);

  // OK when the XMPP server has taken it all; kUnavailable while the link is down.
  // A repeated report says the same with the same ids.
  net::Task<absl::Status> Report(edge::v1::ReportOutcomeRequest report);
  // The same of several, with one look whether the server has taken them. An error: some may
  // have been told, and none is known to be.
  net::Task<absl::Status> ReportAll(edge::v1::ReportOutcomesRequest reports);

 private:
  // What there is to say of one; nothing when nobody knows its author.
  std::vector<Element> StanzasOf(const edge::v1::ReportOutcomeRequest& report) const;

  FeatureContext context_;
};

// The stanzas that tell it; pure. `online`: the resource that wrote the message is
// available. An error to one that is not would be dropped by its server (RFC 6121
// section 8.5.3.2.2), so a failure is then said in a plain message too.
std::vector<Element> OutcomeStanzas(const edge::v1::ReportOutcomeRequest& report,
                                    const edge::v1::OutgoingContext& context, bool online,
                                    const Words& words);

// Whether the resource that wrote the message is available.
bool AuthorIsOnline(const PresenceSessions& sessions, const edge::v1::OutgoingContext& message);
// A line to the author, wherever they read it by then. The same `id` for the same news.
Element NoteToAuthor(const edge::v1::OutgoingContext& message, absl::string_view id,
                     absl::string_view text);
// Writes them; OK when the XMPP server has taken them all.
net::Task<absl::Status> TellAuthor(StanzaSink& sink, std::vector<Element> stanzas);

// The stanza error that says what an SMTP server meant: "550 5.1.1 no such user" is
// item-not-found. RFC 3463 enhanced codes count before RFC 5321's.
struct StanzaError {
  std::string type, condition;
  bool operator==(const StanzaError&) const = default;
};
StanzaError ErrorForReason(absl::string_view reason);

}  // namespace postern::xmpp_edge
