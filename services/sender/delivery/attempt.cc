#include "services/sender/delivery/attempt.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/words/wording.h"
#include "services/sender/delivery/dot_mark.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/delivery/settlement.h"
#include "services/sender/outbox/outbox_content.h"
#include "services/sender/outcomes/sentences.h"

namespace postern::sender {
namespace {

auto& attempts_made = metrics::Counter("postern_sender_attempts_total", "Deliveries tried");
auto& attempts_cut = metrics::Counter("postern_sender_attempts_cut_total",
                                      "Deliveries that an error of the connection ended");
auto& asleep = metrics::Gauge("postern_sender_accounts_asleep",
                              "Accounts that wait because their server has enough of them");
auto& naps = metrics::Counter("postern_sender_naps_total",
                              "Times that an account's mail was put off as a whole");

// Longer than any honest server takes for one mail; what it has answered by then counts.
constexpr std::chrono::minutes kAttemptLimit{30};

}  // namespace

net::Task<AttemptEnd> Attempts::Make(const TakenMail& mail, smtp::Transaction& transaction) {
  AttemptEnd end;
  if (mail.uncertain) {
    log::Warn("the last attempt ended before the server's answer; the mail may arrive twice",
              {{"mail", mail.lease.queue_id}, {"message_id", mail.message_id}});
  }
  absl::Status ended = co_await net::WithDeadline(kAttemptLimit, Carry(mail, transaction));
  const absl::Status outcome = OfAttempt(kAttemptLimit, ended);
  if (absl::IsAborted(outcome)) co_return end;
  if (const Account* asking = LacksOwner(mail, transaction, outcome); asking != nullptr) {
    end.waits_for_owner = *asking;
    co_return end;
  }
  attempts_made.Increment();
  if (!outcome.ok()) attempts_cut.Increment();
  end.settlement = Judge(mail, transaction, outcome);
  co_return end;
}

Settlement Attempts::Judge(const TakenMail& mail, smtp::Transaction& transaction,
                           const absl::Status& outcome) {
  const double chance = std::uniform_real_distribution<>()(random_);
  PutOffQuotaRefusals(transaction);
  Settlement settlement = Conclude(mail, transaction, outcome, chance);
  settlement.uncertain = transaction.dot_sent;
  const bool sent = std::any_of(settlement.outcomes.begin(), settlement.outcomes.end(),
                                [](const Outcome& o) { return o.kind == Outcome::Kind::kSent; });
  const auto now = SleepLedger::Clock::now();
  if (!settlement.pending.empty() && ConcernsAccount(transaction, outcome)) {
    const milliseconds nap = sleeps_.FallAsleep(mail.account_id, now, chance);
    // The last attempt comes when the mail's time is up, not hours after.
    settlement.retry_in = std::min<milliseconds>(nap, kQueueLifetime - mail.age);
    settlement.pause_account = nap;
    naps.Increment();
  } else if (sent) {
    sleeps_.Woke(mail.account_id);
  }
  return settlement;
}

void Attempts::CountSleepers() const {
  asleep.Set(static_cast<double>(sleeps_.sleeping(SleepLedger::Clock::now())));
}

const Account* Attempts::LacksOwner(const TakenMail& mail, const smtp::Transaction& transaction,
                                    const absl::Status& outcome) const {
  if (outcome.ok()) return nullptr;
  const Account* account = parts_.accounts.Find(mail.account_id);
  if (account == nullptr || !account->enabled || !transaction.IsUntouched()) return nullptr;
  if (mail.age >= kQueueLifetime) return nullptr;  // to be given up
  if (AsksOwner(*account, parts_.passwords, outcome)) return account;
  // Refused, and yet held: another one, that came meanwhile.
  const bool refused = absl::IsUnauthenticated(outcome);
  return refused && parts_.passwords.Holds(*account) ? account : nullptr;
}

net::Task<absl::Status> Attempts::Carry(const TakenMail& mail, smtp::Transaction& transaction) {
  if (parts_.accounts.Find(mail.account_id) == nullptr) {
    // Another sender may have accepted mail of an account that we have not heard of
    // yet. Only who has just asked admin knows that it was removed.
    absl::Status heard = co_await parts_.catch_up();
    if (!heard.ok() || !parts_.accounts.loaded()) {
      co_return words::Error(absl::StatusCode::kUnavailable,
                             words::Word("the account is not known here yet; the mail waits"));
    }
  }
  const Account* account = parts_.accounts.Find(mail.account_id);
  if (account == nullptr) {
    transaction.Settle(smtp::Fate::kFailed,
                       words::Word("the account was removed before the mail could leave"));
    co_return absl::OkStatus();
  }
  if (!account->enabled) {
    co_return words::Error(absl::StatusCode::kFailedPrecondition,
                           words::Word("the account is disabled; the mail waits"));
  }
  if (absl::Status s = parts_.relay.CheckServes(*account); !s.ok()) {
    transaction.Settle(smtp::Fate::kFailed, SentenceOf(s));
    if (Relay::IsLet(*account)) parts_.health.Report(account->id, ConditionAfter(s, false));
    co_return absl::OkStatus();
  }
  co_return co_await CarryAs(*account, mail, transaction);
}

net::Task<absl::Status> Attempts::CarryAs(Account account, const TakenMail& mail,
                                          smtp::Transaction& transaction) {
  const std::unique_ptr<Carrier> carrier = parts_.carriers.CarrierFor(account);
  OutboxContent content(parts_.outbox, mail);
  DotMark mark(executor_, parts_.outbox, tasks_, mail.lease);
  Freight freight{mail.envelope, content, transaction};
  co_return co_await carrier->Carry(freight, mark);
}

}  // namespace postern::sender
