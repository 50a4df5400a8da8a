#include "services/sender/delivery/settlement.h"

#include <chrono>
#include <string>
#include <utility>

#include "services/sender/delivery/retry_policy.h"
#include "services/sender/outcomes/sentences.h"

namespace postern::sender {
namespace {

using std::chrono::duration_cast;

constexpr int64_t kDays = duration_cast<std::chrono::hours>(kQueueLifetime).count() / 24;

Outcome OutcomeOf(const smtp::Recipient& recipient, Outcome::Kind kind, words::Wording reason) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.recipient = recipient.address;
  outcome.reason = std::move(reason);
  return outcome;
}

// A recipient's own refusal says more than the end of the session.
words::Wording WhyPending(const smtp::Recipient& recipient, const absl::Status& outcome) {
  if (!recipient.reason.empty()) return recipient.reason;
  if (!outcome.ok()) return SentenceOf(outcome);
  return words::Word("the server did not take the mail");
}

// Whole sentences: a wording inside another one would stay English. What exactly is
// wrong with the account its health tells.
words::Wording WhyGivenUp(const smtp::Recipient& recipient, const absl::Status& outcome) {
  if (!recipient.reason.empty()) {
    return words::Word("given up after $0 days; the server's last answer: $1", kDays,
                       words::English(recipient.reason));
  }
  if (absl::IsUnauthenticated(outcome)) {
    return words::Word("given up after $0 days in which the gateway could not sign in", kDays);
  }
  if (CauseOf(outcome) == Cause::kAccount) {
    return words::Word("given up after $0 days in which the account did not work", kDays);
  }
  return words::Word("given up after $0 days in which the mail server could not be reached", kDays);
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
      settlement.outcomes.push_back(
          OutcomeOf(recipient, Outcome::Kind::kFailed, WhyGivenUp(recipient, outcome)));
    } else {
      if (settlement.error.empty()) settlement.error = WhyPending(recipient, outcome);
      settlement.pending.push_back(recipient.address);
    }
  }
  settlement.retry_in = verdict.retry_in;
  settlement.pause_account = verdict.pause_account;
  settlement.uncertain = transaction.dot_sent;
  return settlement;
}

Settlement SentSoFar(const smtp::Transaction& transaction) {
  Settlement settlement;
  for (const smtp::Recipient& recipient : transaction.recipients) {
    if (recipient.fate == smtp::Fate::kSent) {
      settlement.outcomes.push_back(OutcomeOf(recipient, Outcome::Kind::kSent, recipient.reason));
    } else {
      settlement.pending.push_back(recipient.address);
    }
  }
  return settlement;
}

}  // namespace postern::sender
