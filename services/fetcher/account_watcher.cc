#include "services/fetcher/account_watcher.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <ctime>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::fetcher {

namespace {

using boost::asio::experimental::awaitable_operators::operator||;
using std::chrono::milliseconds;
using std::chrono::minutes;
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
// Well under RFC 2177's 29 minutes: routers forget a silent connection sooner.
constexpr minutes kIdleLimit{4};
// Under the 30 minutes after which a server may hang up (RFC 3501 section 5.4).
constexpr minutes kLongestPoll{20};

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
    : parts_(parts), account_(std::move(account)), wake_(parts.executor) {}

WatchState AccountWatcher::State() const {
  WatchState state;
  state.state = state_;
  state.cursor = progress_.cursor;
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
  if (parts_.availability.Of(account_.owner) != seen_availability_) wake_.Notify();
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
    state_ = "connecting";
    next_attempt_unix_ = 0;
    failure_.reset();
    open_since_.reset();
    const absl::Status end = co_await Connection();
    if (absl::IsAborted(end)) co_return;
    const milliseconds pause = AfterConnection(end);
    co_await Rest(pause);
  }
}

milliseconds AccountWatcher::AfterConnection(const absl::Status& end) {
  const milliseconds pause =
      open_since_ ? reconnect_.AfterSession(LivedSoFar()) : reconnect_.AfterFailure(end);
  log::Info("mailbox connection ended",
            {{"account", account_.id}, {"error", end.ToString()}, {"retry_ms", pause.count()}});
  // A connection that breaks is everyday life; that none can be made is the user's concern.
  if (failure_) {
    failures.Increment();
    parts_.health.Report(account_.id, Health::kError, FailureWording(account_, *failure_));
  }
  return pause;
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

absl::Status AccountWatcher::Failed(Step step, absl::Status status) {
  Failure failure;
  failure.step = step;
  failure.status = status;
  failure_ = std::move(failure);
  return status;
}

net::Task<absl::Status> AccountWatcher::Connection() {
  auto stream = co_await net::WithDeadline(kDialLimit, parts_.dialer.Dial(account_.Endpoint()));
  if (!stream.ok()) co_return Failed(Step::kConnect, stream.status());
  imap::Session session(**stream);
  absl::Status opened = co_await Open(session);
  if (!opened.ok()) {
    if (failure_) failure_->server_says = session.last_refusal();
    co_return opened;
  }
  co_return co_await Watch(session);
}

net::Task<absl::Status> AccountWatcher::Open(imap::Session& session) {
  const bool upgrade = account_.security == Security::kStartTls;
  absl::Status greeted = co_await session.Greet(upgrade);
  if (!greeted.ok()) co_return Failed(Step::kRead, greeted);
  if (upgrade) {
    absl::Status upgraded = co_await session.StartTls(account_.host);
    if (!upgraded.ok()) co_return Failed(Step::kRead, upgraded);
  }
  absl::Status logged_in = co_await LogIn(session);
  if (!logged_in.ok()) co_return Failed(Step::kLogin, logged_in);
  auto mailbox = co_await session.Examine(account_.mailbox);
  if (!mailbox.ok()) co_return Failed(Step::kOpenMailbox, mailbox.status());
  co_return co_await Begin(session, *mailbox);
}

net::Task<absl::Status> AccountWatcher::LogIn(imap::Session& session) {
  if (account_.sealed_password.empty()) {
    co_return absl::InvalidArgumentError("no password is stored for this account; enter it again");
  }
  auto password = parts_.secrets.Open(account_.sealed_password, account_.id);
  if (!password.ok()) {
    log::Error("password can't be opened",
               {{"account", account_.id}, {"error", password.status().ToString()}});
    co_return absl::InvalidArgumentError("the stored password can't be read; enter it again");
  }
  co_return co_await session.Login(account_.login, password->Reveal(), parts_.password_rule);
}

// Finds where to go on. At first sight, and when the server numbered its mails
// anew, that is the mailbox's present end: no old mail is ever replayed.
net::Task<absl::Status> AccountWatcher::Begin(imap::Session& session, imap::Mailbox mailbox) {
  const std::string identity = MailboxIdentity(account_.host, account_.login, account_.mailbox);
  const Sight sight = Recognise(progress_.lease.cursor, identity, mailbox.uid_validity);
  progress_.cursor = progress_.lease.cursor.value_or(Cursor());
  if (sight == Sight::kAgain) co_return absl::OkStatus();

  absl::StatusOr<uint32_t> last = mailbox.uid_next - 1;
  if (mailbox.uid_next == 0) last = co_await session.HighestUid();
  if (!last.ok()) co_return Failed(Step::kRead, last.status());
  Cursor cursor;
  cursor.uid_validity = mailbox.uid_validity;
  cursor.last_uid = *last;
  cursor.mailbox = identity;
  // Not the mail server's failure: no failure_ is noted, the user hears nothing.
  if (absl::Status s = co_await parts_.cursors.Advance(progress_.lease, cursor); !s.ok()) {
    co_return s;
  }
  log::Info(sight == Sight::kFirst ? "mailbox seen for the first time"
                                   : "mailbox has a new UIDVALIDITY, going on at its end",
            {{"account", account_.id},
             {"uid_validity", cursor.uid_validity},
             {"last_uid", cursor.last_uid}});
  progress_.cursor = cursor;
  progress_.lease.cursor = cursor;
  co_return absl::OkStatus();
}

// --- an open mailbox --------------------------------------------------------------

net::Task<absl::Status> AccountWatcher::Watch(imap::Session& session) {
  const OpenMailbox counted;
  logins.Increment();
  open_since_ = steady_clock::now();
  parts_.health.Report(account_.id, Health::kOk);
  for (;;) {
    auto look_again = co_await CatchUpOnce(session);
    progress_.lease.cursor = progress_.cursor;
    if (!look_again.ok()) co_return look_again.status();
    if (session.HasNews()) continue;
    if (absl::Status s = co_await AwaitNews(session, *look_again); !s.ok()) co_return s;
  }
}

net::Task<absl::StatusOr<int64_t>> AccountWatcher::CatchUpOnce(imap::Session& session) {
  state_ = "fetching";
  seen_availability_ = parts_.availability.Of(account_.owner);
  CatchUp pass(account_, session, progress_, parts_.availability, parts_.handoff, parts_.cursors);
  if (std::exchange(check_now_, false)) pass.ForceDigest();
  co_return co_await pass.Run();
}

net::Task<absl::Status> AccountWatcher::AwaitNews(imap::Session& session, int64_t look_again_unix) {
  net::Duration limit = kIdleLimit;
  if (look_again_unix != 0) {
    const int64_t left = std::max<int64_t>(1, look_again_unix - std::time(nullptr));
    limit = std::min<net::Duration>(limit, seconds(left));
  }
  if (session.CanIdle()) co_return co_await Idle(session, limit);

  state_ = "polling";
  if (look_again_unix == 0) limit = seconds(account_.interval_seconds);
  co_await wake_.WaitFor(std::min<net::Duration>(limit, kLongestPoll));
  co_return co_await session.Noop();
}

net::Task<absl::Status> AccountWatcher::Idle(imap::Session& session, net::Duration limit) {
  absl::Status begun = co_await session.BeginIdle();
  if (!begun.ok()) {
    // Refused: AwaitNews polls from now on.
    co_return absl::IsFailedPrecondition(begun) ? absl::OkStatus() : begun;
  }
  state_ = "idle";
  auto first = co_await (session.AwaitNews() || wake_.WaitFor(limit));
  if (first.index() == 0 && !std::get<0>(first).ok()) co_return std::get<0>(first);
  co_return co_await session.EndIdle();
}

}  // namespace postern::fetcher
