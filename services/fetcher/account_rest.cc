// The second part of AccountWatcher: what comes after a connection, and until the next.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <utility>

#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/fetcher/account_password.h"
#include "services/fetcher/account_watcher.h"

namespace postern::fetcher {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Where a schedule names no time at all.
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr std::chrono::hours kLookAtTheClock{1};
constexpr seconds kBetweenPlaces{60};

auto& failures =
    metrics::Counter("postern_fetcher_failures_total", "Attempts that opened no mailbox");

}  // namespace

// --- how a connection ended -----------------------------------------------------

void AccountWatcher::AfterVisit(const absl::Status& end) {
  Disconnect();
  if (absl::IsAborted(end)) {
    stage_ = Stage::kStopped;
    state_ = "waiting";
    log::Warn("lease lost", {{"account", account_->id}, {"token", progress_.lease.token}});
    if (parts_.on_fenced) parts_.on_fenced(account_->id);
    return;
  }
  if (end.ok()) return HasSchedule(*account_) ? RestUntilScheduled() : RestBetweenLooks();
  if (refused_) return AfterRefusedPassword();
  if (std::exchange(another_token_, false)) {
    return RestFor(Rest::kFirm, ReconnectPolicy::kBetweenPasswords);
  }
  if (UsesTokens(*account_) && absl::IsUnauthenticated(end)) return AwaitConsent();
  if (absl::IsCancelled(end)) {
    log::Info("password wiped, connection closed", {{"account", account_->id}});
    return Connect();
  }
  AfterFailedVisit(end);
}

void AccountWatcher::AfterFailedVisit(const absl::Status& end) {
  const milliseconds pause =
      open_since_ ? reconnect_.AfterSession(LivedSoFar()) : reconnect_.AfterFailure(end);
  log::Info("mailbox connection ended",
            {{"account", account_->id},
             {"error", end.ToString(absl::StatusToStringMode::kWithNoExtraData)},
             {"retry_ms", pause.count()}});
  // A connection that breaks is everyday life; that none can be made is the user's concern.
  if (failure_) TellOf(*failure_);
  RestFor(Rest::kAfterFailure, std::max<milliseconds>(pause, login_delay_));
}

void AccountWatcher::TellOf(const Failure& failure) {
  failures.Increment();
  const seconds interval = std::max(seconds(account_->interval_seconds), login_delay_);
  const auto since = std::chrono::floor<seconds>(Clock::now() - well_since_);
  if (IsEverydayLife(account_->type, failure, interval, since)) return;
  parts_.health.Report(account_->id, Health::kError, FailureWording(*account_, failure));
}

// Its user is asked for another one, and that is tried at once.
void AccountWatcher::AfterRefusedPassword() {
  failures.Increment();
  log::Info("a password that was given is refused", {{"account", account_->id}});
  why_asking_ = std::make_unique<words::Wording>(FailureWording(*account_, *failure_));
  if (!HasPassword()) Ask();
  RestFor(Rest::kFirm, ReconnectPolicy::kBetweenPasswords);
}

// New consent comes as new settings, with a new watcher; seldom, the provider was mistaken.
void AccountWatcher::AwaitConsent() {
  failures.Increment();
  log::Info("access by OAuth2 is refused", {{"account", account_->id}});
  if (failure_) {
    parts_.health.Report(account_->id, Health::kAsking, FailureWording(*account_, *failure_));
  }
  RestFor(Rest::kAfterFailure, reconnect_.AfterFailure(absl::UnauthenticatedError("")));
}

milliseconds AccountWatcher::LivedSoFar() const {
  if (!open_since_) return milliseconds(0);
  return std::chrono::duration_cast<milliseconds>(Clock::now() - *open_since_);
}

// --- until the next one -----------------------------------------------------------

// The connections of its login are all in use, by other accounts of the same user.
void AccountWatcher::AwaitPlace() {
  const words::Wording why = words::Word(
      "$0 bears few connections of one login at a time: let one account look into several folders "
      "instead of having one for each",
      account_->host);
  parts_.health.Report(account_->id, Health::kError, why);
  RestFor(Rest::kAfterFailure, kBetweenPlaces);
}

void AccountWatcher::RestFor(Rest kind, Clock::duration pause) {
  stage_ = Stage::kResting;
  state_ = "waiting";
  rest_ = kind;
  rest_until_ = Clock::now() + pause;
  next_attempt_unix_ = std::time(nullptr) + std::chrono::ceil<seconds>(pause).count();
  // A change of presence is no reason to connect sooner; a forced check is, once.
  rested_ = false;
  ConsiderRest();
}

void AccountWatcher::RestBetweenLooks() {
  const auto begun = Clock::now();
  milliseconds pause = reconnect_.AfterLook(seconds(account_->interval_seconds));
  if (look_again_unix_ != 0) {
    const milliseconds left = seconds(look_again_unix_ - std::time(nullptr));
    pause = std::min(pause, std::max<milliseconds>(left, ReconnectPolicy::kBetweenLogins));
  }
  stage_ = Stage::kResting;
  state_ = "polling";
  rest_ = Rest::kBetweenLooks;
  rest_until_ = std::max(begun + pause, reconnect_.EarliestLook(login_delay_, 1));
  released_ = false;
  rested_ = check_now_;  // asked for after the look
  ConsiderRest();
}

void AccountWatcher::RestUntilScheduled() {
  const int64_t now = std::time(nullptr);
  due_unix_ = account_->timetable->NextLook(now).value_or(kNever);
  // A look is not over while mail met an obstacle of our own; and what quiet hours hold is
  // due when they end, though the schedule may name no time then.
  const bool held = progress_.obstacles > 0 || (waiting_since_ && QuietUntil(*account_, now));
  if (held && look_again_unix_ != 0) due_unix_ = std::min(due_unix_, look_again_unix_);
  stage_ = Stage::kResting;
  state_ = "waiting";
  rest_ = Rest::kScheduled;
  rest_until_ = reconnect_.EarliestLook(login_delay_, 1);
  next_attempt_unix_ = due_unix_ == kNever ? 0 : due_unix_;
  rested_ = check_now_;  // asked for after the look
  ConsiderRest();
}

// Schedules go by the clock, which may be put right meanwhile.
AccountWatcher::Clock::time_point AccountWatcher::EndOfScheduledRest() const {
  if (rested_) return Clock::time_point();
  const seconds left(std::max<int64_t>(0, due_unix_ - std::time(nullptr)));
  return std::max(rest_until_, Clock::now() + std::min<seconds>(left, kLookAtTheClock));
}

AccountWatcher::Clock::time_point AccountWatcher::EndOfRest() {
  if (rest_ == Rest::kScheduled) {
    const int64_t now = std::time(nullptr);
    // Sooner than it was found to be: the clock was put back since.
    if (due_unix_ > now) {
      due_unix_ = std::min(due_unix_, account_->timetable->NextLook(now).value_or(kNever));
      next_attempt_unix_ = due_unix_ == kNever ? 0 : due_unix_;
    }
    return EndOfScheduledRest();
  }
  if (rest_ == Rest::kAfterFailure && rested_) return Clock::time_point();
  if (rest_ != Rest::kBetweenLooks) return rest_until_;
  if (!HasPassword()) return Clock::time_point();
  const Availability now = parts_.availability.Of(account_->owner);
  const Availability before = std::exchange(seen_availability_, now);
  if (Releases(*account_, before, now, waiting_since_, std::time(nullptr))) released_ = true;
  auto end = rest_until_;
  if (released_) {
    end = std::min(end, reconnect_.EarliestLook(login_delay_, ReconnectPolicy::kLooksInARow));
  }
  if (rested_) end = std::min(end, reconnect_.EarliestLook(login_delay_, 1));
  return end;
}

void AccountWatcher::ConsiderRest() {
  const auto end = EndOfRest();
  if (end <= Clock::now()) return Connect();
  alarm_.Set(end);
}

}  // namespace postern::fetcher
