#pragma once

#include <chrono>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/smtp/transaction.h"

// Refusals that are not about the mail at hand: the server has enough of the account, or of us,
// for now. To try the account's next mail would make it worse, so all of them wait. Pure.
namespace postern::sender {

// Where in the dialogue a reply came.
enum class Step { kSession, kSender, kRecipient, kContent };

// Whether a refusal concerns the whole account. `reply` as it was told: "450 4.7.1 slow down".
bool ConcernsAccount(Step step, absl::string_view reply);
// The same for all that an attempt came to: `outcome` is what ended its session.
bool ConcernsAccount(const smtp::Transaction& transaction, const absl::Status& outcome);

// Those of the recipients that failed only because the account has had its share of the day
// are pending again.
void PutOffQuotaRefusals(smtp::Transaction& transaction);

// How long an account sleeps that had to for the `times`-th time in a row. `chance`, 0 to 1,
// spreads accounts that fell asleep together.
milliseconds SleepFor(int times, double chance);

// Who sleeps, and how often in a row; of 100,000 accounts at most.
class SleepLedger {
 public:
  using Clock = std::chrono::steady_clock;

  // Answers for how long. One that sleeps already, for several of its mails were under way,
  // sleeps on.
  milliseconds FallAsleep(const std::string& account_id, Clock::time_point now, double chance);
  // It works, or has other settings.
  void Woke(const std::string& account_id) { naps_.erase(account_id); }
  size_t sleeping(Clock::time_point now) const;

 private:
  struct Nap {
    int times = 0;
    Clock::time_point until;
  };
  absl::flat_hash_map<std::string, Nap> naps_;
};

}  // namespace postern::sender
