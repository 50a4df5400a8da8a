#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/password_keeper.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/dialer.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/cursor_store.h"
#include "services/fetcher/failure_sentence.h"
#include "services/fetcher/health_reporter.h"
#include "services/fetcher/login_delays.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/mail_source.h"
#include "services/fetcher/password_rule.h"
#include "services/fetcher/progress.h"
#include "services/fetcher/reconnect_policy.h"

namespace postern::fetcher {

// What all watchers share; outlives them.
struct WatcherParts {
  boost::asio::any_io_executor executor;
  net::Dialer& dialer;
  const crypto::SecretBox& secrets;
  crypto::PasswordKeeper& passwords;  // those that are not stored
  CursorStore& cursors;
  const AvailabilityFeed& availability;
  MailHandoff& handoff;
  HealthReporter& health;
  LoginDelays& login_delays;
  PasswordRule password_rule;
};

// The live state of a watcher, for operators.
struct WatchState {
  std::string state;  // as in fetcher.proto
  Cursor cursor;
  uint64_t handed_on = 0;
  int64_t next_attempt_unix = 0;
};

// Watches one account with one set of settings: takes the lease, connects,
// catches up, idles, reconnects, for as long as Run() is not cancelled. By POP3 it
// connects at each interval, and at once when mail that waits need not wait any more.
// An account without a stored password is watched while one is held in memory.
class AccountWatcher {
 public:
  AccountWatcher(const WatcherParts& parts, Account account);

  // Holds the watcher itself, so that it lives until it has unwound.
  static net::Task<void> Run(std::shared_ptr<AccountWatcher> self);

  const Account& account() const { return account_; }
  bool holds_lease() const { return holds_lease_; }
  const Lease& lease() const { return progress_.lease; }
  WatchState State() const;

  // Looks for mail now, though a digest is not due and the server was to rest.
  void Check();
  // The owner's presence may have changed.
  void PresenceChanged();
  // A password that is not stored has come: connects at once.
  void PasswordArrived();
  // It may be gone: then an open connection ends.
  void PasswordsWiped();

 private:
  net::Task<void> Loop();
  net::Task<bool> TakeLease();
  // Ends when the lease is lost, or can no longer be known to be ours.
  net::Task<void> KeepLease();
  net::Task<void> Follow();

  // One connection, from dialling to its end. OK when there is nothing to stay for.
  net::Task<absl::Status> Visit();
  // The same; kCancelled when the password is wiped meanwhile.
  net::Task<absl::Status> VisitWithPassword();
  net::Task<void> PasswordGone();
  net::Task<void> AwaitPassword();
  void Ask();
  net::Task<absl::Status> Open(MailSource& source);
  net::Task<absl::Status> Watch(MailSource& source);
  net::Task<absl::StatusOr<int64_t>> CatchUpOnce(MailSource& source);

  std::chrono::milliseconds AfterVisit(const absl::Status& end);
  void TellOf(const Failure& failure);
  net::Task<void> AwaitLogin();
  net::Task<void> AfterRefusedPassword();
  net::Task<void> Rest(std::chrono::milliseconds pause);
  net::Task<void> RestBetweenLooks();
  bool HasPassword() const;
  std::chrono::milliseconds LivedSoFar() const;  // the mailbox that is, or was last, open

  const WatcherParts parts_;
  const Account account_;
  net::Event wake_;
  net::Event password_gone_;
  ReconnectPolicy reconnect_;
  Progress progress_;
  Availability seen_availability_;
  std::optional<int64_t> waiting_since_;  // when the first mail was received that waits
  int64_t look_again_unix_ = 0;
  std::chrono::seconds login_delay_{0};  // as the server wants it
  std::optional<Failure> failure_;       // of the attempt at hand
  words::Wording why_asking_;            // what was said of the password that was given last
  std::optional<std::chrono::steady_clock::time_point> open_since_;
  // When the mailbox was open last, or could be tried first.
  std::chrono::steady_clock::time_point well_since_;
  const char* state_ = "waiting";
  int64_t next_attempt_unix_ = 0;
  bool holds_lease_ = false;
  bool lost_lease_ = false;  // and not rested since
  bool check_now_ = false;   // a digest need not be due
  bool rested_ = false;      // the pause between connections need not end
  bool refused_ = false;     // the held password was, and is forgotten
  bool asked_ = false;       // the user was, for one, and nothing was said since
};

}  // namespace postern::fetcher
