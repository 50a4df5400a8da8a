#include "services/sender/settlement.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/sender/retry_policy.h"

namespace postern::sender {
namespace {

Outcome OutcomeOf(const smtp::Recipient& recipient, Outcome::Kind kind, std::string reason) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.recipient = recipient.address;
  outcome.reason = std::move(reason);
  return outcome;
}

// A recipient's own refusal says more than the end of the session.
std::string WhyPending(const smtp::Recipient& recipient, const absl::Status& outcome) {
  if (!recipient.reason.empty()) return recipient.reason;
  if (!outcome.ok()) return std::string(outcome.message());
  return "the server did not take the mail";
}

}  // namespace

Settlement Conclude(const TakenMail& mail, const smtp::Transaction& transaction,
                    const absl::Status& outcome, double chance) {
  const Verdict verdict = Judge(CauseOf(outcome), mail.attempts, mail.age, chance);
  Settlement settlement;
  for (const smtp::Recipient& recipient : transaction.recipients) {
    if (recipient.fate == smtp::Fate::kSent) {
      settlement.outcomes.push_back(OutcomeOf(recipient, Outcome::Kind::kSent, recipient.reason));
    } else if (recipient.fate == smtp::Fate::kFailed) {
      settlement.outcomes.push_back(OutcomeOf(recipient, Outcome::Kind::kFailed, recipient.reason));
    } else if (verdict.give_up) {
      std::string reason = absl::StrCat("given up after 5 days: ", WhyPending(recipient, outcome));
      settlement.outcomes.push_back(
          OutcomeOf(recipient, Outcome::Kind::kFailed, std::move(reason)));
    } else {
      if (settlement.error.empty()) settlement.error = WhyPending(recipient, outcome);
      settlement.pending.push_back(recipient.address);
    }
  }
  settlement.retry_in = verdict.retry_in;
  settlement.pause_account = verdict.pause_account;
  return settlement;
}

}  // namespace postern::sender
