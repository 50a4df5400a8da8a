#include "services/sender/accounts/account_checker.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/delivery/session_carrier.h"

namespace postern::sender {
namespace {

constexpr size_t kAtOnce = 64;
// Shorter than the limits of a delivery: nothing is lost, and a user is waiting to see it.
constexpr std::chrono::seconds kLimit{60};

}  // namespace

AccountChecker::AccountChecker(boost::asio::any_io_executor executor,
                               const AccountDirectory& accounts, Relay& relay,
                               HeldPasswords& passwords, HealthReporter& health)
    : accounts_(accounts),
      relay_(relay),
      passwords_(passwords),
      health_(health),
      slots_(executor, kAtOnce),
      checks_(executor) {}

void AccountChecker::Check(const std::string& account_id) {
  const Account* account = accounts_.Find(account_id);
  if (account == nullptr || !account->enabled || !Relay::IsLet(*account)) return;
  const uint64_t check = ++checks_begun_;
  latest_[account_id] = check;
  checks_.Spawn("account check", CheckUntilHealthy(account_id, check));
}

std::optional<Account> AccountChecker::Current(const std::string& account_id,
                                               uint64_t check) const {
  const auto latest = latest_.find(account_id);
  if (latest == latest_.end() || latest->second != check) return std::nullopt;
  const Account* account = accounts_.Find(account_id);
  if (account == nullptr || !account->enabled || !Relay::IsLet(*account)) return std::nullopt;
  return *account;
}

net::Task<void> AccountChecker::CheckUntilHealthy(std::string account_id, uint64_t check) {
  for (int attempts = 1;; ++attempts) {
    co_await slots_.WaitForOne();
    const auto account = Current(account_id, check);
    if (!account) break;
    if (passwords_.NeededBy(*account)) {
      health_.Report(account_id, Asking());
      break;
    }
    absl::Status signed_in = co_await SignIn(*account);
    const auto after = Current(account_id, check);
    if (!after) break;
    // Refused, and yet held: another one, that came meanwhile.
    if (absl::IsUnauthenticated(signed_in) && passwords_.Holds(*after)) continue;
    const bool asking = AsksOwner(*after, passwords_, signed_in);
    health_.Report(account_id, ConditionAfter(signed_in, asking));
    if (signed_in.ok() || asking) break;
    log::Info("an account can't sign in",
              {{"account", account_id}, {"error", signed_in.message()}});
    const double chance = std::uniform_real_distribution<>()(random_);
    const Verdict verdict = Judge(CauseOf(signed_in), attempts, milliseconds(0), chance);
    co_await net::Sleep(verdict.retry_in);
  }
  const auto latest = latest_.find(account_id);
  if (latest != latest_.end() && latest->second == check) latest_.erase(latest);
}

net::Task<absl::Status> AccountChecker::SignIn(Account account) {
  Slots::Slot slot(slots_);
  if (!relay_.SignsIn(account)) co_return relay_.CheckServes(account);
  const Route* route = relay_.RouteOf(account);
  if (route != nullptr && route->has_link()) co_return relay_.CheckServes(account);
  auto connection = co_await relay_.Connect(std::move(account), kLimit);
  if (!connection.ok()) co_return connection.status();
  co_await (*connection)->session.Quit();
  co_return absl::OkStatus();
}

}  // namespace postern::sender
