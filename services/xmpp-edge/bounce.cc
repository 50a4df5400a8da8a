#include "services/xmpp-edge/bounce.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::xmpp_edge {
namespace {

using Action = mail::DeliveryReport::Action;

bool WentTo(const SentMail& sent, const std::string& address) {
  const std::string key = RecipientKey(address);
  return std::find(sent.recipients.begin(), sent.recipients.end(), key) != sent.recipients.end();
}

// The diagnostic mostly holds the status, too.
std::string ReasonOf(const mail::DeliveryReport::Recipient& recipient) {
  if (recipient.diagnostic.empty() || recipient.status.empty() ||
      absl::StrContains(recipient.diagnostic, recipient.status)) {
    return absl::StrCat(recipient.diagnostic, recipient.diagnostic.empty() ? recipient.status : "");
  }
  return absl::StrCat(recipient.status, " ", recipient.diagnostic);
}

}  // namespace

std::optional<edge::v1::ReportOutcomeRequest> OutcomesIn(const mail::DeliveryReport& report,
                                                         const SentMail& sent) {
  edge::v1::ReportOutcomeRequest outcomes;
  outcomes.set_queue_id(sent.queue_id);
  outcomes.set_context(sent.context);
  for (const mail::DeliveryReport::Recipient& one : report.recipients) {
    if (!WentTo(sent, one.address)) return std::nullopt;
    if (one.action != Action::kFailed && one.action != Action::kDelayed) continue;
    edge::v1::RecipientOutcome& outcome = *outcomes.add_recipients();
    outcome.set_recipient(one.address);
    outcome.set_outcome(one.action == Action::kFailed ? edge::v1::OUTCOME_FAILED
                                                      : edge::v1::OUTCOME_DELAYED);
    outcome.set_reason(ReasonOf(one));
  }
  if (outcomes.recipients().empty()) return std::nullopt;
  return outcomes;
}

}  // namespace postern::xmpp_edge
