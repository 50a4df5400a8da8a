#include "services/sender/delivery/delivery_worker.h"

#include <algorithm>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "services/sender/delivery/underway.h"

namespace postern::sender {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kIdle{30}, kRedisPause{1}, kStopGrace{3}, kLaneMembersHold{5};
// While more of the same is submitted, nothing is asked for after each mail.
constexpr std::chrono::milliseconds kEmptyPause{2};
constexpr std::chrono::milliseconds kTakeGrace{1000}, kTakeLook{10};
// Between two takings while those of a full lane have to be named one by one.
constexpr std::chrono::milliseconds kFullPause{20};
constexpr size_t kAccountsAtOnce = 16, kMailsEach = 4;
// To name so many takes Redis a millisecond.
constexpr size_t kManyMore = 5000;

PoolLimits ForPool(const WorkerLimits& limits) {
  PoolLimits pool;
  pool.in_all = limits.sessions;
  pool.per_owner = limits.per_owner;
  pool.per_host = limits.per_host;
  pool.idle_of_one = limits.site_relay;
  return pool;
}

}  // namespace

DeliveryWorker::DeliveryWorker(boost::asio::any_io_executor executor, WorkerParts parts,
                               WorkerLimits limits)
    : executor_(executor),
      parts_(std::move(parts)),
      limits_(limits),
      pool_(executor, ForPool(limits)),
      session_parts_{parts_.relay, pool_, parts_.passwords, parts_.health},
      carriers_(session_parts_, limits),
      roster_(limits),
      wake_(executor),
      idle_(executor),
      settling_(executor),
      attempts_(executor,
                AttemptParts{parts_.outbox, parts_.accounts, carriers_, parts_.relay,
                             parts_.passwords, parts_.health, parts_.catch_up},
                settling_),
      sessions_(executor),
      loops_(executor) {}

void DeliveryWorker::Start() {
  loops_.Spawn("sender dispatch", Dispatch());
  loops_.Spawn("sender leases", KeepLeases());
  loops_.Spawn("sender sessions", pool_.KeepTidy());
}

void DeliveryWorker::EndSessionsOf(const std::string& account_id) {
  attempts_.Forget(account_id);
  pool_.End(SessionKeyOf(account_id));
}

net::Task<void> DeliveryWorker::Stop() {
  stopping_ = true;
  // What Redis hands out meanwhile is to be given back, too.
  for (auto waited = kTakeGrace; taking_ && waited.count() > 0; waited -= kTakeLook) {
    co_await net::Sleep(kTakeLook);
  }
  co_await loops_.Stop();
  for (MailInHand* mail : roster_.All()) {
    if (mail->stage == MailInHand::Stage::kReady) SpawnGiveBack(*mail);
  }
  const auto until = Clock::now() + kStopGrace;
  while (roster_.InHand() > 0 && Clock::now() < until) {
    co_await idle_.WaitFor(until - Clock::now());
  }
  std::vector<Lease> untried;
  for (const MailInHand* mail : roster_.All()) {
    // A mail whose dot may be out is not hurried into a second delivery: its lease runs out.
    const bool before_dot = mail->transaction != nullptr && !mail->transaction->dot_began;
    if (before_dot) untried.push_back(mail->mail.lease);
  }
  co_await sessions_.Stop();
  for (const Lease& lease : untried) {
    absl::Status s = co_await parts_.outbox.Release(lease);
    if (!s.ok()) break;  // the lease runs out by itself
  }
  co_await settling_.Stop();
  co_await pool_.Stop();
}

// --- taking -----------------------------------------------------------------------

const std::vector<std::string>& DeliveryWorker::MembersOf(const std::string& lane) {
  LaneMembers& members = members_[lane];
  const auto now = Clock::now();
  if (now < members.good_until) return members.accounts;
  members.good_until = now + kLaneMembersHold;
  members.accounts.clear();
  parts_.accounts.ForEach([&](const Account& account) {
    if (carriers_.LaneFor(account).lane == lane) members.accounts.push_back(account.id);
  });
  return members.accounts;
}

std::vector<std::string> DeliveryWorker::BusyAccounts() {
  Roster::Busy who = roster_.WhoIsBusy(Clock::now());
  std::vector<std::string> busy = std::move(who.accounts);
  for (const auto& [id, times] : at_rest_) busy.push_back(id);
  for (const std::string& owner : who.owners) {
    for (std::string& id : parts_.accounts.AccountsOf(owner)) busy.push_back(std::move(id));
  }
  for (const std::string& lane : who.full_lanes) {
    const std::vector<std::string>& members = MembersOf(lane);
    busy.insert(busy.end(), members.begin(), members.end());
  }
  return busy;
}

TakeRequest DeliveryWorker::WhatToTake() {
  TakeRequest request;
  request.busy_accounts = BusyAccounts();
  request.accounts = kAccountsAtOnce;
  // Slow servers shall not make us hold many mails.
  request.mails_each = roster_.IsQuiet() ? kMailsEach : 1;
  return request;
}

net::Task<void> DeliveryWorker::Dispatch() {
  bool reachable = true;
  while (!stopping_) {
    net::Duration wait = kIdle;
    BeginStalled();
    if (parts_.accounts.loaded() && roster_.HasRoom()) {
      TakeRequest request = WhatToTake();
      const size_t busy = request.busy_accounts.size();
      const bool many_busy = busy > limits_.ahead;
      taking_ = true;
      auto taken = co_await parts_.outbox.Take(std::move(request));
      taking_ = false;
      if (!taken.ok()) {
        if (reachable) log::Warn("the queue is away", {{"error", taken.status().message()}});
        reachable = false;
        co_await net::Sleep(kRedisPause);
        continue;
      }
      reachable = true;
      const bool any = !taken->mails.empty();
      Keep(std::move(taken->mails));
      if (any && !many_busy) continue;
      net::Duration pause = kEmptyPause;
      if (many_busy) pause = kFullPause * (1 + busy / kManyMore);
      co_await net::Sleep(pause);
      if (any) continue;
      if (taken->next_due) wait = std::min<net::Duration>(wait, *taken->next_due);
    }
    const auto now = Clock::now();
    const auto allowed = roster_.NextAllowance(now);
    if (allowed) wait = std::min<net::Duration>(wait, std::max(*allowed, now) - now);
    co_await wake_.WaitFor(wait);
  }
}

void DeliveryWorker::Keep(std::vector<TakenMail> mails) {
  std::vector<std::string> lanes;
  for (TakenMail& mail : mails) {
    const Account* account = parts_.accounts.Find(mail.account_id);
    const LaneOf lane = account != nullptr ? carriers_.LaneFor(*account)
                                           : carriers_.LaneForUnknown(mail.account_id);
    MailInHand& kept = roster_.Add(std::move(mail), lane);
    if (stopping_) {
      SpawnGiveBack(kept);
      continue;
    }
    const std::string& key = roster_.LaneOfMail(kept);
    if (lanes.empty() || lanes.back() != key) lanes.push_back(key);
  }
  for (const std::string& lane : lanes) BeginIn(lane);
}

net::Task<void> DeliveryWorker::FetchMore(std::string account_id, size_t count) {
  auto more = co_await parts_.outbox.TakeMore(account_id, count);
  const size_t got = more.ok() ? more->mails.size() : 0;
  if (got > 0) Keep(std::move(more->mails));
  roster_.Got(account_id, count, got);
}

// --- carrying ---------------------------------------------------------------------

void DeliveryWorker::BeginIn(const std::string& lane) {
  while (!stopping_) {
    MailInHand* mail = roster_.Begin(lane, Clock::now());
    if (mail == nullptr) return;
    Spawn(*mail);
  }
}

void DeliveryWorker::BeginStalled() {
  while (!stopping_) {
    MailInHand* mail = roster_.BeginStalled(Clock::now());
    if (mail == nullptr) return;
    Spawn(*mail);
  }
}

void DeliveryWorker::Spawn(MailInHand& first) {
  const Lease lease = first.mail.lease;
  auto task = std::make_shared<uint64_t>(0);
  *task = sessions_.Spawn("delivery", CarryAll(&first, task));
  // It may have begun, and be at another mail already.
  if (MailInHand* mail = roster_.Find(lease); mail != nullptr) mail->task = *task;
}

net::Task<void> DeliveryWorker::CarryAll(MailInHand* mail, std::shared_ptr<uint64_t> task) {
  const std::string lane = roster_.LaneOfMail(*mail);
  while (mail != nullptr) {
    mail->task = *task;
    co_await CarryOne(*mail);
    mail = stopping_ ? nullptr : roster_.Begin(lane, Clock::now());
    BeginStalled();
  }
  wake_.Notify();
}

net::Task<void> DeliveryWorker::CarryOne(MailInHand& mail) {
  Underway underway(roster_, mail, idle_);
  const std::string account_id = mail.mail.account_id;
  smtp::Transaction transaction(mail.mail.envelope.to);
  mail.transaction = &transaction;
  AttemptEnd end = co_await attempts_.Make(mail.mail, transaction);
  if (!end.settlement && !end.waits_for_owner) co_return;  // somebody else has the mail
  underway.HandOver();
  roster_.Carried(mail, Clock::now());
  mail.mail.content = std::string();
  if (end.waits_for_owner) {
    settling_.Spawn("mail waits", AwaitOwner(mail, *std::move(end.waits_for_owner)));
    co_return;
  }
  const bool goes_on = end.settlement->pause_account.count() == 0;
  settling_.Spawn("mail settled", Settle(mail, *std::move(end.settlement)));
  const size_t more = goes_on && !stopping_ ? roster_.MoreWanted(account_id, Clock::now()) : 0;
  if (more > 0) settling_.Spawn("more mails", FetchMore(account_id, more));
}

}  // namespace postern::sender
