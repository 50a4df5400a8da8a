#include "services/sender/account_checker.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "services/sender/retry_policy.h"

namespace postern::sender {
namespace {

constexpr size_t kAtOnce = 64;
// Shorter than the limits of a delivery: nothing is lost, and a user is waiting to see it.
constexpr std::chrono::seconds kLimit{60};

}  // namespace

// One of the kAtOnce sessions; given back however the check ends.
class AccountChecker::Slot {
 public:
  explicit Slot(AccountChecker& checker) : checker_(checker) { ++checker_.running_; }
  ~Slot() {
    --checker_.running_;
    checker_.slot_free_.Notify();
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  AccountChecker& checker_;
};

void AccountChecker::Check(const std::string& account_id) {
  const Account* account = accounts_.Find(account_id);
  if (account == nullptr || !account->enabled) return;
  checks_.Spawn("account check", CheckUntilHealthy(account_id, account->settings_revision));
}

net::Task<void> AccountChecker::CheckUntilHealthy(std::string account_id,
                                                  uint64_t settings_revision) {
  for (int attempts = 1;; ++attempts) {
    while (running_ >= kAtOnce) co_await slot_free_.Wait();
    const Account* account = accounts_.Find(account_id);
    // New settings have a check of their own.
    if (account == nullptr || !account->enabled) co_return;
    if (account->settings_revision != settings_revision) co_return;

    absl::Status health = co_await SignIn(*account);
    account = accounts_.Find(account_id);
    if (account == nullptr || account->settings_revision != settings_revision) co_return;
    health_.Report(account_id, health);
    if (health.ok()) co_return;
    log::Info("an account can't sign in", {{"account", account_id}, {"error", health.message()}});
    const double chance = std::uniform_real_distribution<>()(random_);
    const Verdict verdict = Judge(CauseOf(health), attempts, milliseconds(0), chance);
    co_await net::Sleep(verdict.retry_in);
  }
}

net::Task<absl::Status> AccountChecker::SignIn(Account account) {
  Slot slot(*this);
  const std::string host = account.host;
  absl::Status s = co_await net::WithDeadline(kLimit, SignInAndOut(std::move(account)));
  co_return OfHost(host, s);
}

net::Task<absl::Status> AccountChecker::SignInAndOut(Account account) {
  auto connection = co_await relay_.Connect(std::move(account));
  if (!connection.ok()) co_return connection.status();
  co_await (*connection)->session.Quit();
  co_return absl::OkStatus();
}

}  // namespace postern::sender
