// The third part of AccountWatcher: a bout, which connects if need be, catches up and parks.

#include <chrono>
#include <ctime>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/fetcher/account_password.h"
#include "services/fetcher/account_watcher.h"
#include "services/fetcher/catch_up.h"
#include "services/fetcher/imap_source.h"
#include "services/fetcher/pop3_source.h"

namespace postern::fetcher {

namespace {

using std::chrono::seconds;

constexpr seconds kDialLimit{60};
// A server that is asked for news (NOOP) and tells none is believed, but not for ever.
constexpr std::chrono::minutes kBelieved{20};

auto& logins = metrics::Counter("postern_fetcher_logins_total", "Mailboxes opened");
auto& open_mailboxes = metrics::Gauge("postern_fetcher_open_mailboxes", "Mailboxes open now");

}  // namespace

net::Task<absl::StatusOr<MailSource::Stay>> AccountWatcher::Bout() {
  bool look = true;
  if (source_) {
    const bool due = look_again_unix_ != 0 && look_again_unix_ <= std::time(nullptr);
    const bool doubted = Clock::now() - looked_at_ >= kBelieved;
    auto resumed = co_await source_->Resume(due || doubted || WokenMeanwhile());
    if (!resumed.ok()) co_return resumed.status();
    look = *resumed;
  } else {
    if (absl::Status s = co_await Dial(); !s.ok()) co_return s;
    if (absl::Status s = co_await Open(); !s.ok()) co_return s;
  }
  for (;;) {
    if (look || WokenMeanwhile()) {
      if (absl::Status s = co_await CatchUpOnce(); !s.ok()) co_return s;
      look = false;
      if (WokenMeanwhile()) continue;
    }
    if (absl::Status s = co_await CatchUpFurther(); !s.ok()) co_return s;
    if (WokenMeanwhile()) continue;
    auto stay = co_await source_->Park();
    NoteFruit();
    if (!stay.ok() || stay->kind != Stay::Kind::kLook) co_return stay;
    if (fruitless_ >= kMostFruitless) co_await net::Sleep(kDeafness);
    look = true;
  }
}

net::Task<absl::Status> AccountWatcher::Dial() {
  auto stream = co_await net::WithDeadline(kDialLimit, parts_.dialer.Dial(account_->Endpoint()));
  turn_.End(stream.ok());
  if (!stream.ok()) {
    failure_.emplace();
    failure_->status = stream.status();
    co_return stream.status();
  }
  stream_ = *std::move(stream);
  const Vigil vigil{*account_, parts_.availability, parts_.cursors, parts_.password_rule,
                    progress_};
  const bool by_pop3 = account_->type == AccountType::kPop3;
  if (by_pop3 || HasSchedule(*account_)) reconnect_.NoteLook();
  if (by_pop3) {
    source_ = std::make_unique<Pop3Source>(*stream_, vigil);
  } else {
    source_ = std::make_unique<ImapSource>(*stream_, vigil);
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> AccountWatcher::Open() {
  auto credentials =
      co_await CredentialsOf(*account_, parts_.secrets, parts_.passwords, parts_.tokens);
  if (!credentials.ok()) {
    failure_.emplace();
    failure_->step = Step::kCredentials;
    failure_->status = credentials.status();
    co_return credentials.status();
  }
  const absl::Status opened = co_await source_->Open(*credentials, failure_);
  another_token_ = NoteLogin(*account_, *credentials, opened, parts_.tokens);
  if (!opened.ok()) {
    if (absl::IsUnauthenticated(opened)) NoteRefused(*credentials);
    co_return opened;
  }
  is_open_ = true;
  open_mailboxes.Increment();
  logins.Increment();
  open_since_ = well_since_ = Clock::now();
  why_asking_ = nullptr;
  tell_further_ = !account_->more_mailboxes.empty();
  if (!tell_further_) parts_.health.Report(account_->id, Health::kOk);
  if (!std::exchange(opportune_, false) && parts_.on_reached) parts_.on_reached(account_->host);
  co_return absl::OkStatus();
}

// A password that is not stored is forgotten, unless its user has given another meanwhile.
void AccountWatcher::NoteRefused(const sasl::Credentials& credentials) {
  if (!account_->sealed_password.empty() || UsesTokens(*account_)) return;
  refused_ = true;
  const crypto::Secret held = parts_.passwords.Find(account_->id);
  if (held.Reveal() == credentials.secret.Reveal()) parts_.passwords.Forget(account_->id);
}

net::Task<absl::Status> AccountWatcher::CatchUpOnce() {
  const Availability now = parts_.availability.Of(account_->owner);
  const bool due = look_again_unix_ != 0 && look_again_unix_ <= std::time(nullptr);
  // Where looks have their times, digests have the same.
  force_digest_ = std::exchange(check_now_, false) || HasSchedule(*account_);
  if (force_digest_ || due || now != seen_availability_) source_->DoubtFurther();
  seen_availability_ = now;
  absl::Status looked = co_await LookThrough(*source_, progress_, own_waiting_);
  NoteWaiting();
  looked_at_ = Clock::now();
  co_return looked;
}

net::Task<absl::Status> AccountWatcher::LookThrough(Mailbox& mailbox, Progress& progress,
                                                    Waiting& waiting) {
  state_ = "fetching";
  const std::optional<Cursor> before = progress.lease.cursor;
  if (absl::Status s = co_await held_.Load(progress_.lease, progress_.lease.has_held); !s.ok()) {
    co_return s;
  }
  CatchUp pass(*account_, mailbox, progress, parts_.availability, parts_.handoff, &held_);
  if (force_digest_) pass.ForceDigest();
  auto look_again = co_await pass.Run();
  waiting.since_unix = pass.waiting_since();
  if (progress.lease.cursor != before) fruit_ = true;
  if (!look_again.ok()) co_return look_again.status();
  waiting.look_again_unix = *look_again;
  if (held_.empty()) co_return absl::OkStatus();
  co_return co_await ShowHeld(mailbox, progress, waiting);
}

// What rules have put off, or judged while its user wanted none.
net::Task<absl::Status> AccountWatcher::ShowHeld(Mailbox& mailbox, Progress& progress,
                                                 Waiting& waiting) {
  HeldMailbox held(mailbox, held_, progress.lease);
  CatchUp pass(*account_, held, progress, parts_.availability, parts_.handoff, &held_, &held);
  if (force_digest_) pass.ForceDigest();
  auto look_again = co_await pass.Run();
  if (!look_again.ok()) co_return look_again.status();
  Waiting behind;
  behind.since_unix = pass.waiting_since();
  behind.look_again_unix = *look_again;
  waiting.Add(behind);
  Waiting put_off;
  put_off.look_again_unix = held_.NextDue(mailbox.Place(), std::time(nullptr));
  waiting.Add(put_off);
  co_return absl::OkStatus();
}

void AccountWatcher::NoteWaiting() {
  Waiting all = own_waiting_;
  all.Add(source_->FurtherWaiting());
  waiting_since_ = all.since_unix;
  look_again_unix_ = all.look_again_unix;
}

// --- further mailboxes ------------------------------------------------------------

net::Task<absl::Status> AccountWatcher::CatchUpFurther() {
  for (;;) {
    auto next = co_await source_->NextWithNews();
    if (!next.ok()) co_return next.status();
    if (!next->has_value()) break;
    MailSource::Further& further = **next;
    absl::Status looked = co_await LookThrough(further.mailbox, further.progress, further.waiting);
    NoteWaiting();
    if (!looked.ok()) co_return looked;
  }
  TellOfFurther();
  co_return absl::OkStatus();
}

// One that can't be opened is an error of the account, though the others are watched.
void AccountWatcher::TellOfFurther() {
  std::string unopened = source_->Unopened().value_or("");
  if (!std::exchange(tell_further_, false) && unopened == unopened_) return;
  unopened_ = std::move(unopened);
  if (unopened_.empty()) return parts_.health.Report(account_->id, Health::kOk);
  Account named = *account_;
  named.mailbox = unopened_;
  Failure failure;
  failure.step = Step::kOpenMailbox;
  failure.status = absl::FailedPreconditionError("imap: a further mailbox can't be opened");
  parts_.health.Report(account_->id, Health::kError, FailureWording(named, failure));
}

}  // namespace postern::fetcher
