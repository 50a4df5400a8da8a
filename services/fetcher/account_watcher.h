#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/alarm_clock.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/connect_budget.h"
#include "services/fetcher/cursor_store.h"
#include "services/fetcher/effects/held_mails.h"
#include "services/fetcher/failure_sentence.h"
#include "services/fetcher/mail_source.h"
#include "services/fetcher/progress.h"
#include "services/fetcher/reconnect_policy.h"
#include "services/fetcher/watcher_parts.h"

namespace postern::fetcher {

// The live state of a watcher, for operators.
struct WatchState {
  std::string state;  // as in fetcher.proto
  Cursor cursor;
  uint64_t handed_on = 0;
  int64_t next_attempt_unix = 0;
};

// Watches one account with one set of settings, under a lease that it was given: connects,
// catches up, idles, reconnects, from Start() to Stop(). By POP3, and where the account has
// a schedule, it connects at each interval, and by POP3 also at once when mail that waits
// need not wait any more. An account without a stored password is watched while one is held
// in memory.
//
// There are ten thousand of them, and nearly all have nothing to do: those rest or are
// parked, without a coroutine, and what they cost is this object and their connection. What
// there is to do is done by one coroutine, a bout. They are woken by the alarm clock, by
// bytes from the server, and by the calls below, none of which is ever lost.
class AccountWatcher : public std::enable_shared_from_this<AccountWatcher> {
 public:
  // `parts` outlives it.
  AccountWatcher(const WatcherParts& parts, std::shared_ptr<const Account> account, Lease lease);

  void Start();
  // Closes the connection, and returns when nothing more will be written; in a moment, for
  // no server is asked. To be awaited before the watcher goes.
  net::Task<void> Stop();

  const Account& account() const { return *account_; }
  WatchState State() const;

  // Looks for mail now, though a digest is not due and the server was to rest.
  void Check();
  // The owner's presence may have changed.
  void PresenceChanged();
  // A password that is not stored has come: connects at once.
  void PasswordArrived();
  // It may be gone: then an open connection ends.
  void PasswordsWiped();
  // Its server is connected to for something else: a reason to look for an account whose
  // schedule says so.
  void ServerReached();

 private:
  enum class Stage : uint8_t {
    kResting,        // no connection until the alarm rings
    kLacksPassword,  // until one is given
    kQueued,         // until it may connect
    kBusy,           // there is a bout
    kParked,         // the connection is open, and nothing is to be done
    kStopped,
  };
  // What ends a rest before its time.
  enum class Rest : uint8_t { kFirm, kAfterFailure, kBetweenLooks, kScheduled };
  using Clock = std::chrono::steady_clock;
  using Stay = MailSource::Stay;

  // A server that tells of news without end and has none would keep us busy as fast as it
  // can speak: after so many looks for nothing it is left alone for a while.
  static constexpr int kMostFruitless = 20;
  static constexpr std::chrono::seconds kDeafness{5};

  // --- from stage to stage (account_watcher.cc) ---
  void Connect();
  void BeginBout();
  static net::Task<void> RunBout(std::shared_ptr<AccountWatcher> self);
  void AfterBout(absl::StatusOr<Stay> outcome);
  void Park(const Stay& stay);
  void Listen();
  void HearOut();  // the server has news
  void NoteFruit();
  void Wake();  // something happened, or the alarm rings
  void Disconnect();
  void EndStop();
  bool HasPassword() const;
  void Ask();
  bool WokenMeanwhile() const;  // there is a reason to look since the last look began

  // --- between two connections (account_rest.cc) ---
  void AfterVisit(const absl::Status& end);
  void AfterRefusedPassword();
  void AwaitConsent();
  void AfterFailedVisit(const absl::Status& end);
  void TellOf(const Failure& failure);
  void RestFor(Rest kind, Clock::duration pause);
  void AwaitPlace();
  void RestBetweenLooks();
  void RestUntilScheduled();
  void ConsiderRest();
  Clock::time_point EndOfRest();
  Clock::time_point EndOfScheduledRest() const;
  std::chrono::milliseconds LivedSoFar() const;  // the mailbox that is, or was last, open

  // --- a bout (account_visit.cc) ---
  net::Task<absl::StatusOr<Stay>> Bout();
  net::Task<absl::Status> Dial();
  net::Task<absl::Status> Open();
  void NoteRefused(const sasl::Credentials& credentials);
  net::Task<absl::Status> CatchUpOnce();
  net::Task<absl::Status> CatchUpFurther();
  net::Task<absl::Status> LookThrough(Mailbox& mailbox, Progress& progress, Waiting& waiting);
  net::Task<absl::Status> ShowHeld(Mailbox& mailbox, Progress& progress, Waiting& waiting);
  void NoteWaiting();
  void TellOfFurther();

  const WatcherParts& parts_;
  const std::shared_ptr<const Account> account_;
  AlarmClock::Alarm alarm_;
  ConnectBudget::Turn turn_;                 // kQueued, and while it dials
  LoginLedger::Place place_;                 // from then on, until it is disconnected
  std::unique_ptr<net::ByteStream> stream_;  // while connected
  std::unique_ptr<MailSource> source_;       // the same; goes before the stream
  ReconnectPolicy reconnect_;
  Progress progress_;
  HeldMails held_;
  Availability seen_availability_;
  Waiting own_waiting_;                   // in the mailbox that it is all for
  std::string unopened_;                  // the further mailbox that its user was told of
  std::optional<int64_t> waiting_since_;  // when the first mail was received that waits
  int64_t look_again_unix_ = 0;
  std::chrono::seconds login_delay_{0};         // as the server wants it
  std::optional<Failure> failure_;              // of the attempt at hand
  std::unique_ptr<words::Wording> why_asking_;  // what was said of the password given last
  std::optional<Clock::time_point> open_since_;
  // When the mailbox was open last, or could be tried first.
  Clock::time_point well_since_;
  Clock::time_point looked_at_;
  Clock::time_point last_fruit_;
  int fruitless_ = 0;   // looks in a row, each soon after the one before, that moved no cursor
  bool fruit_ = false;  // of the look at hand
  Clock::time_point rest_until_;
  const char* state_ = "waiting";
  int64_t next_attempt_unix_ = 0;
  int64_t due_unix_ = 0;  // kScheduled
  uint64_t bout_ = 0;
  std::unique_ptr<net::Event> bout_ended_;  // while somebody stops it
  Stage stage_ = Stage::kResting;
  Rest rest_ = Rest::kFirm;
  bool stopping_ = false;
  bool is_open_ = false;        // the mailbox
  bool check_now_ = false;      // a digest need not be due
  bool force_digest_ = false;   // in the looks at hand
  bool tell_further_ = false;   // how the further mailboxes fare, after a login
  bool rested_ = false;         // the pause between connections need not end
  bool opportune_ = false;      // it looks because its server was connected to
  bool released_ = false;       // mail that waits need not, since the last look
  bool refused_ = false;        // the held password was, and is forgotten
  bool asked_ = false;          // the user was, for one, and nothing was said since
  bool another_token_ = false;  // is worth a try: the last was refused for the first time
};

}  // namespace postern::fetcher
