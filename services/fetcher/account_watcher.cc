#include "services/fetcher/account_watcher.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <ctime>
#include <utility>
#include <variant>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/fetcher/account_password.h"
#include "services/fetcher/catch_up.h"
#include "services/fetcher/imap_source.h"
#include "services/fetcher/pop3_source.h"

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
constexpr seconds kDialLimit{60};
// However often presence changes, no two POP3 logins come closer than this.
constexpr seconds kBetweenVisits{2};
constexpr size_t kVisitsInARow = 3;  // that presence may ask for, then they are spread

auto& logins = metrics::Counter("postern_fetcher_logins_total", "Mailboxes opened");
auto& failures =
    metrics::Counter("postern_fetcher_failures_total", "Attempts that opened no mailbox");
auto& open_mailboxes = metrics::Gauge("postern_fetcher_open_mailboxes", "Mailboxes open now");

// Counts a mailbox as open while it lives.
struct OpenMailbox {
  OpenMailbox() { open_mailboxes.Increment(); }
  ~OpenMailbox() { open_mailboxes.Decrement(); }
};

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
  if (std::exchange(lost_lease_, false)) {
    const milliseconds pause = reconnect_.AfterLostLease(LivedSoFar());
    co_await Rest(pause);
  }
  for (;;) {
    co_await AwaitPassword();
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
            {{"account", account_.id}, {"error", end.ToString()}, {"retry_ms", pause.count()}});
  // A connection that breaks is everyday life; that none can be made is the user's concern.
  if (failure_) {
    failures.Increment();
    parts_.health.Report(account_.id, Health::kError, FailureWording(account_, *failure_));
  }
  return std::max<milliseconds>(pause, login_delay_);
}

// Its user is asked for another one, and that is tried at once.
net::Task<void> AccountWatcher::AfterRefusedPassword() {
  failures.Increment();
  state_ = "waiting";
  log::Info("a password that was given is refused", {{"account", account_.id}});
  why_asking_ = FailureWording(account_, *failure_);
  if (!HasPassword()) parts_.health.Report(account_.id, Health::kAsking, why_asking_);
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
  const auto until = std::max(begun + pause, EarliestVisit(1));
  Availability before = seen_availability_;
  bool released = false;
  rested_ = check_now_;  // asked for after the look
  for (auto now = begun; now < until && HasPassword(); now = steady_clock::now()) {
    const Availability availability = parts_.availability.Of(account_.owner);
    released = released || Releases(account_, std::exchange(before, availability), availability,
                                    waiting_since_, std::time(nullptr));
    auto end = until;
    if (released) end = std::min(end, EarliestVisit(kVisitsInARow));
    if (rested_) end = std::min(end, EarliestVisit(1));
    if (now >= end) co_return;
    co_await wake_.WaitFor(end - now);
  }
}

// So that the server is asked for no login too soon after the last one, and for no more
// than `in_a_row` within as many times the least pause between logins.
steady_clock::time_point AccountWatcher::EarliestVisit(size_t in_a_row) const {
  const seconds least = std::max(kBetweenVisits, login_delay_);
  auto earliest = visits_.empty() ? steady_clock::time_point() : visits_.back() + least;
  if (in_a_row > 1 && visits_.size() >= in_a_row) {
    const auto first = visits_[visits_.size() - in_a_row];
    earliest =
        std::max(earliest, first + static_cast<int>(in_a_row) * ReconnectPolicy::kBetweenLogins);
  }
  return earliest;
}

void AccountWatcher::NoteVisit() {
  visits_.push_back(steady_clock::now());
  if (visits_.size() > kVisitsInARow) visits_.pop_front();
}

// --- the password -----------------------------------------------------------------

bool AccountWatcher::HasPassword() const {
  return !account_.sealed_password.empty() || parts_.passwords.Holds(account_.id);
}

net::Task<void> AccountWatcher::AwaitPassword() {
  if (HasPassword()) co_return;
  state_ = "waiting";
  next_attempt_unix_ = 0;
  parts_.health.Report(account_.id, Health::kAsking, why_asking_);
  while (!HasPassword()) co_await wake_.Wait();
}

net::Task<void> AccountWatcher::PasswordGone() {
  // One that was refused is gone as well, and the visit tells why.
  while (HasPassword() || refused_) co_await password_gone_.Wait();
}

net::Task<absl::Status> AccountWatcher::VisitWithPassword() {
  if (!account_.sealed_password.empty()) co_return co_await Visit();
  auto first = co_await (Visit() || PasswordGone());
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  log::Info("password wiped, connection closed", {{"account", account_.id}});
  co_return absl::CancelledError("the password is wiped");
}

// --- one connection ---------------------------------------------------------------

net::Task<absl::Status> AccountWatcher::Visit() {
  auto stream = co_await net::WithDeadline(kDialLimit, parts_.dialer.Dial(account_.Endpoint()));
  if (!stream.ok()) {
    failure_.emplace();
    failure_->status = stream.status();
    co_return stream.status();
  }
  const Vigil vigil{
      account_, parts_.availability, parts_.cursors, parts_.password_rule, progress_, wake_,
      state_};
  if (account_.type == AccountType::kPop3) {
    NoteVisit();
    Pop3Source source(**stream, vigil);
    const absl::Status end = co_await Watch(source);
    login_delay_ = seconds(source.login_delay_seconds());
    co_return end;
  }
  ImapSource source(**stream, vigil);
  co_return co_await Watch(source);
}

net::Task<absl::Status> AccountWatcher::Open(MailSource& source) {
  auto password = PasswordOf(account_, parts_.secrets, parts_.passwords);
  if (!password.ok()) {
    failure_.emplace();
    failure_->step = Step::kLogin;
    failure_->status = password.status();
    co_return password.status();
  }
  const absl::Status opened = co_await source.Open(*password, failure_);
  if (absl::IsUnauthenticated(opened) && account_.sealed_password.empty()) {
    refused_ = true;
    // Unless its user has given another one meanwhile.
    const crypto::Secret held = parts_.passwords.Find(account_.id);
    if (held.Reveal() == password->Reveal()) parts_.passwords.Forget(account_.id);
  }
  co_return opened;
}

net::Task<absl::Status> AccountWatcher::Watch(MailSource& source) {
  if (absl::Status s = co_await Open(source); !s.ok()) co_return s;
  const OpenMailbox counted;
  logins.Increment();
  open_since_ = steady_clock::now();
  why_asking_ = words::Wording();
  parts_.health.Report(account_.id, Health::kOk);
  for (;;) {
    auto look_again = co_await CatchUpOnce(source);
    if (!look_again.ok()) co_return look_again.status();
    look_again_unix_ = *look_again;
    auto then = co_await source.AwaitNews(*look_again);
    if (!then.ok()) co_return then.status();
    if (*then == MailSource::Then::kLeave) co_return absl::OkStatus();
  }
}

net::Task<absl::StatusOr<int64_t>> AccountWatcher::CatchUpOnce(MailSource& source) {
  state_ = "fetching";
  seen_availability_ = parts_.availability.Of(account_.owner);
  CatchUp pass(account_, source, progress_, parts_.availability, parts_.handoff);
  if (std::exchange(check_now_, false)) pass.ForceDigest();
  auto look_again = co_await pass.Run();
  waiting_since_ = pass.waiting_since();
  co_return look_again;
}

}  // namespace postern::fetcher
