#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/dialer.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/catch_up.h"
#include "services/fetcher/cursor_store.h"
#include "services/fetcher/failure_sentence.h"
#include "services/fetcher/health_reporter.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/reconnect_policy.h"

namespace postern::fetcher {

// What all watchers share; outlives them.
struct WatcherParts {
  boost::asio::any_io_executor executor;
  net::Dialer& dialer;
  const crypto::SecretBox& secrets;
  CursorStore& cursors;
  const AvailabilityFeed& availability;
  MailHandoff& handoff;
  HealthReporter& health;
  imap::PasswordRule password_rule;
};

// The live state of a watcher, for operators.
struct WatchState {
  std::string state;  // as in fetcher.proto
  Cursor cursor;
  uint64_t handed_on = 0;
  int64_t next_attempt_unix = 0;
};

// Watches one account with one set of settings: takes the lease, connects,
// catches up, idles, reconnects, for as long as Run() is not cancelled.
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

 private:
  net::Task<void> Loop();
  net::Task<bool> TakeLease();
  // Ends when the lease is lost, or can no longer be known to be ours.
  net::Task<void> KeepLease();
  net::Task<void> Follow();

  net::Task<absl::Status> Connection();
  net::Task<absl::Status> Open(imap::Session& session);
  net::Task<absl::Status> LogIn(imap::Session& session);
  net::Task<absl::Status> Begin(imap::Session& session, imap::Mailbox mailbox);
  net::Task<absl::Status> Watch(imap::Session& session);
  net::Task<absl::StatusOr<int64_t>> CatchUpOnce(imap::Session& session);
  net::Task<absl::Status> AwaitNews(imap::Session& session, int64_t look_again_unix);
  net::Task<absl::Status> Idle(imap::Session& session, net::Duration limit);
  net::Task<void> Rest(std::chrono::milliseconds pause);
  std::chrono::milliseconds AfterConnection(const absl::Status& end);
  std::chrono::milliseconds LivedSoFar() const;  // the mailbox that is, or was last, open
  absl::Status Failed(Step step, absl::Status status);

  const WatcherParts parts_;
  const Account account_;
  net::Event wake_;
  ReconnectPolicy reconnect_;
  Progress progress_;
  Availability seen_availability_;
  std::optional<Failure> failure_;  // of the attempt at hand
  std::optional<std::chrono::steady_clock::time_point> open_since_;
  const char* state_ = "waiting";
  int64_t next_attempt_unix_ = 0;
  bool holds_lease_ = false;
  bool lost_lease_ = false;  // and not rested since
  bool check_now_ = false;   // a digest need not be due
  bool rested_ = false;      // the pause between connections need not end
};

}  // namespace postern::fetcher
