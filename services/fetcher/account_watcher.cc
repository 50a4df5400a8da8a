#include "services/fetcher/account_watcher.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <ctime>
#include <utility>
#include <variant>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::fetcher {

namespace {

using boost::asio::experimental::awaitable_operators::operator||;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kRenewEvery{5};
// After one that failed: there is time for several before the fence comes down.
constexpr seconds kRenewAgain{1};
// Without a renewal for this long, somebody else may soon hold the lease.
constexpr milliseconds kFenceAfter{CursorStore::kLeaseMs * 2 / 3};
constexpr seconds kLeaseRetry{5};
constexpr seconds kRedisRetry{1};

auto& failures =
    metrics::Counter("postern_fetcher_failures_total", "Attempts that opened no mailbox");

}  // namespace

AccountWatcher::AccountWatcher(const WatcherParts& parts, Account account)
    : parts_(parts),
      account_(std::move(account)),
      wake_(parts.executor),
      password_gone_(parts.executor) {}

WatchState AccountWatcher::State() const {
  WatchState state;
  state.state = state_;
  state.cursor = progress_.lease.cursor.value_or(Cursor());
  state.handed_on = progress_.handed_on;
  state.next_attempt_unix = next_attempt_unix_;
  return state;
}

void AccountWatcher::Check() {
  check_now_ = true;
  rested_ = true;
  wake_.Notify();
}

void AccountWatcher::PresenceChanged() {
  // By POP3 even the way there and back counts: mail may have come in between.
  const bool by_pop3 = account_.type == AccountType::kPop3;
  if (by_pop3 || parts_.availability.Of(account_.owner) != seen_availability_) wake_.Notify();
}

void AccountWatcher::PasswordArrived() {
  if (!account_.sealed_password.empty()) return;
  rested_ = true;
  wake_.Notify();
}

void AccountWatcher::PasswordsWiped() {
  if (HasPassword()) return;
  rested_ = true;
  wake_.Notify();
  password_gone_.Notify();
}

net::Task<void> AccountWatcher::Run(std::shared_ptr<AccountWatcher> self) { co_await self->Loop(); }

// --- the lease ------------------------------------------------------------------

net::Task<void> AccountWatcher::Loop() {
  parts_.health.Report(account_.id, Health::kChecking);
  for (;;) {
    const bool taken = co_await TakeLease();
    if (!taken) continue;
    holds_lease_ = true;
    co_await (Follow() || KeepLease());
    holds_lease_ = false;
    lost_lease_ = true;
    state_ = "waiting";
    log::Warn("lease lost", {{"account", account_.id}, {"token", progress_.lease.token}});
  }
}

net::Task<bool> AccountWatcher::TakeLease() {
  auto lease = co_await parts_.cursors.Take(account_.id);
  if (lease.ok() && lease->has_value()) {
    progress_.lease = **std::move(lease);
    co_return true;
  }
  co_await net::Sleep(lease.ok() ? kLeaseRetry : kRedisRetry);
  co_return false;
}

net::Task<void> AccountWatcher::KeepLease() {
  auto renewed = steady_clock::now();
  net::Duration pause = kRenewEvery;
  for (;;) {
    co_await net::Sleep(pause);
    const auto asked = steady_clock::now();
    // After a pause of the whole process it may be too late already.
    if (asked - renewed >= kFenceAfter) co_return;
    // A slow Redis gets all the time there is: on its one connection no other
    // question would overtake this one.
    auto ours = co_await net::WithDeadline(kFenceAfter - (asked - renewed),
                                           parts_.cursors.Renew(progress_.lease));
    if (ours.ok() && !*ours) co_return;
    if (ours.ok()) renewed = asked;
    pause = ours.ok() ? kRenewEvery : kRenewAgain;
  }
}

// --- connections ----------------------------------------------------------------

net::Task<void> AccountWatcher::Follow() {
  well_since_ = steady_clock::now();
  if (std::exchange(lost_lease_, false)) {
    const milliseconds pause = reconnect_.AfterLostLease(LivedSoFar());
    co_await Rest(pause);
  }
  for (;;) {
    co_await AwaitPassword();
    co_await AwaitLogin();
    state_ = "connecting";
    next_attempt_unix_ = 0;
    failure_.reset();
    open_since_.reset();
    refused_ = false;
    const absl::Status end = co_await VisitWithPassword();
    if (absl::IsAborted(end)) co_return;
    if (end.ok()) {
      co_await RestBetweenLooks();
      continue;
    }
    if (refused_) {
      co_await AfterRefusedPassword();
      continue;
    }
    const milliseconds pause = AfterVisit(end);
    co_await Rest(pause);
  }
}

milliseconds AccountWatcher::AfterVisit(const absl::Status& end) {
  if (absl::IsCancelled(end)) return milliseconds(0);
  const milliseconds pause =
      open_since_ ? reconnect_.AfterSession(LivedSoFar()) : reconnect_.AfterFailure(end);
  log::Info("mailbox connection ended",
            {{"account", account_.id},
             {"error", end.ToString(absl::StatusToStringMode::kWithNoExtraData)},
             {"retry_ms", pause.count()}});
  // A connection that breaks is everyday life; that none can be made is the user's concern.
  if (failure_) TellOf(*failure_);
  return std::max<milliseconds>(pause, login_delay_);
}

void AccountWatcher::TellOf(const Failure& failure) {
  failures.Increment();
  const seconds interval = std::max(seconds(account_.interval_seconds), login_delay_);
  const auto since = std::chrono::floor<seconds>(steady_clock::now() - well_since_);
  if (IsEverydayLife(account_.type, failure, interval, since)) return;
  parts_.health.Report(account_.id, Health::kError, FailureWording(account_, failure));
}

// A trial or a visit may have logged in just now; sooner than it wants the server takes
// no login, and some begin to count anew then.
net::Task<void> AccountWatcher::AwaitLogin() {
  for (;;) {
    const milliseconds left = parts_.login_delays.Left(account_, steady_clock::now());
    if (left <= milliseconds(0)) co_return;
    state_ = "waiting";
    next_attempt_unix_ = std::time(nullptr) + std::chrono::ceil<seconds>(left).count();
    co_await net::Sleep(left);
  }
}

// Its user is asked for another one, and that is tried at once.
net::Task<void> AccountWatcher::AfterRefusedPassword() {
  failures.Increment();
  state_ = "waiting";
  log::Info("a password that was given is refused", {{"account", account_.id}});
  why_asking_ = FailureWording(account_, *failure_);
  if (!HasPassword()) Ask();
  co_await net::Sleep(ReconnectPolicy::kBetweenPasswords);
}

milliseconds AccountWatcher::LivedSoFar() const {
  if (!open_since_) return milliseconds(0);
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - *open_since_);
}

net::Task<void> AccountWatcher::Rest(milliseconds pause) {
  state_ = "waiting";
  const auto until = steady_clock::now() + pause;
  next_attempt_unix_ = std::time(nullptr) + std::chrono::ceil<seconds>(pause).count();
  // A change of presence is no reason to connect sooner; a forced check is, once.
  rested_ = false;
  while (!rested_ && steady_clock::now() < until) {
    co_await wake_.WaitFor(until - steady_clock::now());
  }
}

net::Task<void> AccountWatcher::RestBetweenLooks() {
  state_ = "polling";
  const auto begun = steady_clock::now();
  milliseconds pause = reconnect_.AfterLook(seconds(account_.interval_seconds));
  if (look_again_unix_ != 0) {
    const milliseconds left = seconds(look_again_unix_ - std::time(nullptr));
    pause = std::min(pause, std::max<milliseconds>(left, ReconnectPolicy::kBetweenLogins));
  }
  const auto until = std::max(begun + pause, reconnect_.EarliestLook(login_delay_, 1));
  Availability before = seen_availability_;
  bool released = false;
  rested_ = check_now_;  // asked for after the look
  for (auto now = begun; now < until && HasPassword(); now = steady_clock::now()) {
    const Availability availability = parts_.availability.Of(account_.owner);
    released = released || Releases(account_, std::exchange(before, availability), availability,
                                    waiting_since_, std::time(nullptr));
    auto end = until;
    if (released)
      end = std::min(end, reconnect_.EarliestLook(login_delay_, ReconnectPolicy::kLooksInARow));
    if (rested_) end = std::min(end, reconnect_.EarliestLook(login_delay_, 1));
    if (now >= end) co_return;
    co_await wake_.WaitFor(end - now);
  }
}

}  // namespace postern::fetcher
