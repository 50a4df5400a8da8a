#include "services/fetcher/account_watcher.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/random/random.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::fetcher {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A server that is connected to all the time is no reason to log in all the time.
constexpr seconds kBetweenOpportunities{60};
constexpr seconds kSoon{2};

auto& open_mailboxes = metrics::Gauge("postern_fetcher_open_mailboxes", "Mailboxes open now");
auto& parked = metrics::Gauge("postern_fetcher_parked", "Connections that wait for news");

// Those that were parked as one don't come back as one.
AlarmClock::Clock::duration Spread(seconds limit) {
  absl::InsecureBitGen random;
  const milliseconds longest(limit);
  return milliseconds(
      absl::Uniform<int64_t>(random, longest.count() * 9 / 10, longest.count() + 1));
}

}  // namespace

AccountWatcher::AccountWatcher(const WatcherParts& parts, std::shared_ptr<const Account> account,
                               Lease lease)
    : parts_(parts),
      account_(std::move(account)),
      alarm_(parts.alarms, [this] { Wake(); }),
      held_(parts.redis) {
  progress_.lease = std::move(lease);
}

WatchState AccountWatcher::State() const {
  WatchState state;
  state.state = state_;
  state.cursor = progress_.lease.cursor.value_or(Cursor());
  state.handed_on = progress_.handed_on;
  state.next_attempt_unix = next_attempt_unix_;
  return state;
}

// --- the calls that wake it -----------------------------------------------------

void AccountWatcher::Check() {
  check_now_ = true;
  rested_ = true;
  Wake();
}

void AccountWatcher::PresenceChanged() {
  // By POP3 even the way there and back counts: mail may have come in between.
  const bool by_pop3 = account_->type == AccountType::kPop3;
  if (by_pop3 || WokenMeanwhile()) Wake();
}

void AccountWatcher::PasswordArrived() {
  if (!account_->sealed_password.empty()) return;
  rested_ = true;
  Wake();
}

void AccountWatcher::PasswordsWiped() {
  if (HasPassword()) return;
  // One that was refused is gone as well, and the bout tells why.
  if (stage_ == Stage::kBusy && !refused_) return parts_.bouts.Cancel(bout_);
  if (stage_ == Stage::kParked) return AfterVisit(absl::CancelledError("the password is wiped"));
  if (stage_ == Stage::kQueued) return Connect();
  rested_ = true;
  Wake();
}

void AccountWatcher::ServerReached() {
  // One that fares badly keeps to its own times.
  if (stage_ != Stage::kResting || rest_ != Rest::kScheduled) return;
  if (!account_->timetable->LooksWhenConnected()) return;
  if (Clock::now() < looked_at_ + kBetweenOpportunities) return;
  opportune_ = true;
  rested_ = true;
  Wake();
}

void AccountWatcher::Wake() {
  switch (stage_) {
    case Stage::kResting:
      return ConsiderRest();
    case Stage::kLacksPassword:
      if (!HasPassword()) return;
      well_since_ = Clock::now();
      return Connect();
    case Stage::kParked:
      return BeginBout();
    case Stage::kQueued:
    case Stage::kBusy:  // it looks for reasons before it ends
    case Stage::kStopped:
      return;
  }
}

bool AccountWatcher::WokenMeanwhile() const {
  if (check_now_) return true;
  // What came since was told by the server; presence only matters to mail that waits.
  return waiting_since_ && parts_.availability.Of(account_->owner) != seen_availability_;
}

// --- from stage to stage --------------------------------------------------------

void AccountWatcher::Start() {
  parts_.health.Report(account_->id, Health::kChecking);
  well_since_ = Clock::now();
  // Without a cursor it is to be told from what on mail is new.
  const bool owes_nothing = HasSchedule(*account_) && progress_.lease.cursor &&
                            !account_->timetable->LookOwed(std::time(nullptr));
  if (owes_nothing) return RestUntilScheduled();
  Connect();
}

bool AccountWatcher::HasPassword() const {
  return !account_->sealed_password.empty() || !account_->oauth2_provider.empty() ||
         parts_.passwords.Holds(account_->id);
}

void AccountWatcher::Ask() {
  asked_ = true;
  parts_.health.Report(account_->id, Health::kAsking,
                       why_asking_ ? *why_asking_ : words::Wording());
}

void AccountWatcher::Connect() {
  turn_.End();
  alarm_.Off();
  next_attempt_unix_ = 0;
  if (!HasPassword()) {
    stage_ = Stage::kLacksPassword;
    state_ = "waiting";
    return Ask();
  }
  // Tells a second refusal of the same words from the first.
  if (std::exchange(asked_, false)) parts_.health.Report(account_->id, Health::kChecking);
  // A trial or a visit may have logged in just now; sooner than it wants the server takes
  // no login, and some begin to count anew then.
  const milliseconds left = parts_.login_delays.Left(*account_, Clock::now());
  if (left > milliseconds(0)) return RestFor(Rest::kFirm, left);
  place_ = LoginLedger::Place();
  if (parts_.ledger != nullptr) {
    auto place = parts_.ledger->Take(*account_);
    if (!place) return AwaitPlace();
    place_ = *std::move(place);
  }
  stage_ = Stage::kQueued;
  state_ = "connecting";
  failure_.reset();
  open_since_.reset();
  refused_ = false;
  turn_ = parts_.connects.Ask(account_->host, [this] { BeginBout(); });
}

void AccountWatcher::BeginBout() {
  alarm_.Off();
  if (stage_ == Stage::kParked) {
    stream_->WhenReadable(nullptr);
    parked.Decrement();
  }
  stage_ = Stage::kBusy;
  bout_ = parts_.bouts.Spawn("watch", RunBout(shared_from_this()));
}

net::Task<void> AccountWatcher::RunBout(std::shared_ptr<AccountWatcher> self) {
  absl::StatusOr<Stay> outcome = absl::CancelledError("the password is wiped");
  try {
    outcome = co_await self->Bout();
  } catch (...) {
    // Cancelled by Stop(), or because the password is wiped. What else it might be is told
    // by the group.
    self->AfterBout(std::move(outcome));
    throw;
  }
  self->AfterBout(std::move(outcome));
}

void AccountWatcher::AfterBout(absl::StatusOr<Stay> outcome) {
  bout_ = 0;
  turn_.End();
  if (source_) login_delay_ = seconds(source_->login_delay_seconds());
  if (is_open_) parts_.login_delays.Note(*account_, login_delay_, *open_since_);
  if (stopping_) return EndStop();
  // Whatever ended it, without a password there is one thing to be done.
  const bool wiped = !HasPassword() && !refused_ && !absl::IsAborted(outcome.status());
  const bool leaves = outcome.ok() && outcome->kind == Stay::Kind::kLeave;
  if (wiped && !leaves) return AfterVisit(absl::CancelledError("the password is wiped"));
  if (!outcome.ok()) return AfterVisit(outcome.status());
  if (leaves) return AfterVisit(absl::OkStatus());
  Park(*outcome);
}

void AccountWatcher::Park(const Stay& stay) {
  stage_ = Stage::kParked;
  state_ = stay.state;
  parked.Increment();
  Clock::duration limit = Spread(stay.limit);
  if (look_again_unix_ != 0) {
    const seconds left(std::max<int64_t>(1, look_again_unix_ - std::time(nullptr)));
    limit = std::min<Clock::duration>(limit, left);
  }
  alarm_.SetIn(limit);
  Listen();
}

// First of all what came while the bout ended: it may be no longer in the socket.
void AccountWatcher::Listen() {
  if (stage_ != Stage::kParked) return;
  const absl::StatusOr<bool> heard = source_->Hear();
  if (!heard.ok()) return AfterVisit(heard.status());
  if (WokenMeanwhile()) return BeginBout();
  if (*heard) return HearOut();
  stream_->WhenReadable([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Listen();
  });
}

void AccountWatcher::HearOut() {
  if (fruitless_ < kMostFruitless) return BeginBout();
  alarm_.SetIn(kDeafness);
}

void AccountWatcher::NoteFruit() {
  const auto now = Clock::now();
  const bool soon = now - last_fruit_ < kSoon + kDeafness;
  fruitless_ = soon && !std::exchange(fruit_, false) ? fruitless_ + 1 : 0;
  last_fruit_ = now;
}

void AccountWatcher::Disconnect() {
  if (stage_ == Stage::kParked) parked.Decrement();
  if (std::exchange(is_open_, false)) open_mailboxes.Decrement();
  turn_.End();
  alarm_.Off();
  source_.reset();
  stream_.reset();
  place_ = LoginLedger::Place();
}

// --- the end ----------------------------------------------------------------------

net::Task<void> AccountWatcher::Stop() {
  const std::shared_ptr<AccountWatcher> self = shared_from_this();
  stopping_ = true;
  if (stage_ != Stage::kBusy) {
    EndStop();
    co_return;
  }
  bout_ended_ = std::make_unique<net::Event>(parts_.executor);
  parts_.bouts.Cancel(bout_);
  while (stage_ == Stage::kBusy) co_await bout_ended_->Wait();
}

void AccountWatcher::EndStop() {
  Disconnect();
  stage_ = Stage::kStopped;
  state_ = "waiting";
  if (bout_ended_) bout_ended_->Notify();
}

}  // namespace postern::fetcher
