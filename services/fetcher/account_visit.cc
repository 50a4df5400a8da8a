// The second half of AccountWatcher: one connection, and the password for it.

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <utility>
#include <variant>

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

using boost::asio::experimental::awaitable_operators::operator||;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kDialLimit{60};

auto& logins = metrics::Counter("postern_fetcher_logins_total", "Mailboxes opened");
auto& open_mailboxes = metrics::Gauge("postern_fetcher_open_mailboxes", "Mailboxes open now");

// Counts a mailbox as open while it lives.
struct OpenMailbox {
  OpenMailbox() { open_mailboxes.Increment(); }
  ~OpenMailbox() { open_mailboxes.Decrement(); }
};

}  // namespace

// --- the password -----------------------------------------------------------------

bool AccountWatcher::HasPassword() const {
  return !account_.sealed_password.empty() || parts_.passwords.Holds(account_.id);
}

void AccountWatcher::Ask() {
  asked_ = true;
  parts_.health.Report(account_.id, Health::kAsking, why_asking_);
}

net::Task<void> AccountWatcher::AwaitPassword() {
  if (!HasPassword()) {
    state_ = "waiting";
    next_attempt_unix_ = 0;
    Ask();
    while (!HasPassword()) co_await wake_.Wait();
    well_since_ = steady_clock::now();
  }
  // Tells a second refusal of the same words from the first.
  if (std::exchange(asked_, false)) parts_.health.Report(account_.id, Health::kChecking);
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
    reconnect_.NoteLook();
    Pop3Source source(**stream, vigil);
    const absl::Status end = co_await Watch(source);
    login_delay_ = seconds(source.login_delay_seconds());
    if (open_since_) parts_.login_delays.Note(account_, login_delay_, *open_since_);
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
  open_since_ = well_since_ = steady_clock::now();
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
