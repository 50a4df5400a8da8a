#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/health_reporter.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/delivery/attempt.h"
#include "services/sender/delivery/carriers.h"
#include "services/sender/delivery/mail_pause.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/delivery/roster.h"
#include "services/sender/delivery/session_pool.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// What the worker works with; all of it outlives the worker.
struct WorkerParts {
  Outbox& outbox;
  const AccountDirectory& accounts;
  Relay& relay;
  HeldPasswords& passwords;
  HealthReporter& health;
  MailPause& pause;
  std::function<net::Task<absl::Status>()> catch_up;  // the accounts, with admin
  std::function<void()> on_settled;
};

// Takes due mails from the outbox, several at a time, carries each to its account's server over
// sessions that are kept, and settles it beside the next one. A mail in hand is leased until it
// is settled or given back.
class DeliveryWorker {
 public:
  DeliveryWorker(boost::asio::any_io_executor executor, WorkerParts parts,
                 WorkerLimits limits = {});

  void Start();
  // Something may be due: a new mail, new settings.
  void Wake() { wake_.Notify(); }
  // The account has other settings, or its password is wiped: no session that was opened before
  // carries another mail.
  void EndSessionsOf(const std::string& account_id);
  // Takes no more, lets sessions end for a while, gives the rest back.
  net::Task<void> Stop();

 private:
  class AtRest;

  // Taking.
  net::Task<void> Dispatch();
  TakeRequest WhatToTake();
  std::vector<std::string> BusyAccounts();
  const std::vector<std::string>& MembersOf(const std::string& lane);
  void Keep(std::vector<TakenMail> mails);
  net::Task<void> FetchMore(std::string account_id, size_t count);

  // Carrying.
  void BeginIn(const std::string& lane);
  void BeginStalled();
  void Spawn(MailInHand& first);
  net::Task<void> CarryAll(MailInHand* first, std::shared_ptr<uint64_t> task);
  net::Task<void> CarryOne(MailInHand& mail);

  // Settling.
  net::Task<void> Settle(MailInHand& mail, Settlement settlement);
  net::Task<bool> PutSettlement(const TakenMail& mail, const Settlement& settlement);
  void Note(const MailInHand& mail, const Settlement& settlement);
  net::Task<void> AwaitOwner(MailInHand& mail, Account account);
  net::Task<void> GiveBackReady(std::string account_id);
  void SpawnGiveBack(MailInHand& ready);
  net::Task<void> GiveBack(MailInHand& mail);

  // Leases.
  net::Task<void> KeepLeases();
  net::Task<absl::Status> RenewLeases();
  void LoseLease(const Lease& lease);

  const boost::asio::any_io_executor executor_;
  const WorkerParts parts_;
  const WorkerLimits limits_;
  SessionPool pool_;
  const SessionParts session_parts_;
  const Carriers carriers_;
  Roster roster_;
  net::Event wake_;
  net::Event idle_;
  bool stopping_ = false, taking_ = false;
  struct LaneMembers {
    std::vector<std::string> accounts;
    std::chrono::steady_clock::time_point good_until;
  };
  absl::flat_hash_map<std::string, LaneMembers> members_;  // of shared lanes that were full
  absl::flat_hash_map<std::string, int> at_rest_;  // accounts of which nothing is taken just now
  net::TaskGroup settling_;  // these last: their coroutines use all of the above
  Attempts attempts_;
  net::TaskGroup sessions_;
  net::TaskGroup loops_;
};

}  // namespace postern::sender
