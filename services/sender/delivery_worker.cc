#include "services/sender/delivery_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/sender/outbox_content.h"
#include "services/sender/retry_policy.h"
#include "services/sender/settlement.h"

namespace postern::sender {
namespace {

auto& sent = metrics::Counter("postern_sender_recipients_total", "Recipients that are done",
                              {{"outcome", "sent"}});
auto& failed = metrics::Counter("postern_sender_recipients_total", "Recipients that are done",
                                {{"outcome", "failed"}});
auto& attempts_made = metrics::Counter("postern_sender_attempts_total", "Deliveries tried");
auto& attempts_cut = metrics::Counter("postern_sender_attempts_cut_total",
                                      "Deliveries that an error of the connection ended");
auto& sessions_open = metrics::Gauge("postern_sender_sessions", "Deliveries under way");
auto& first_wait =
    metrics::Seconds("postern_sender_queue_seconds", "From submission to the first attempt");

// Longer than any honest server takes for one mail; what it has answered by then counts.
constexpr std::chrono::minutes kAttemptLimit{30};
constexpr std::chrono::seconds kIdle{30}, kRedisPause{1}, kRenewEvery{4}, kStopGrace{3};

std::string KeyOf(const TakenMail& mail) {
  return absl::StrCat(mail.lease.queue_id, "/", mail.lease.token);
}

}  // namespace

// Strikes an attempt off the list of those under way, however it ends.
class DeliveryWorker::Underway {
 public:
  Underway(DeliveryWorker& worker, AttemptKey key) : worker_(worker), key_(std::move(key)) {}
  ~Underway() {
    worker_.attempts_.erase(key_);
    sessions_open.Set(static_cast<double>(worker_.attempts_.size()));
    worker_.wake_.Notify();
    if (worker_.attempts_.empty()) worker_.idle_.Notify();
  }
  Underway(const Underway&) = delete;
  Underway& operator=(const Underway&) = delete;

 private:
  DeliveryWorker& worker_;
  AttemptKey key_;
};

DeliveryWorker::DeliveryWorker(boost::asio::any_io_executor executor, Outbox& outbox,
                               const AccountDirectory& accounts, Relay& relay,
                               HealthReporter& health,
                               std::function<net::Task<absl::Status>()> catch_up,
                               std::function<void()> on_settled, WorkerLimits limits)
    : outbox_(outbox),
      accounts_(accounts),
      relay_(relay),
      health_(health),
      catch_up_(std::move(catch_up)),
      on_settled_(std::move(on_settled)),
      limits_(limits),
      wake_(executor),
      idle_(executor),
      sessions_(executor),
      loops_(executor) {}

void DeliveryWorker::Start() {
  loops_.Spawn("sender dispatch", Dispatch());
  loops_.Spawn("sender leases", KeepLeases());
}

net::Task<void> DeliveryWorker::Stop() {
  co_await loops_.Stop();
  if (!attempts_.empty()) co_await idle_.WaitFor(kStopGrace);
  std::vector<Lease> untried;
  for (const auto& [key, attempt] : attempts_) {
    // A mail whose dot may be out is not hurried into a second delivery: its lease runs out.
    if (!attempt.dot_marked) untried.push_back(attempt.mail.lease);
  }
  co_await sessions_.Stop();
  for (const Lease& lease : untried) {
    absl::Status s = co_await outbox_.Release(lease);
    if (!s.ok()) co_return;  // the lease runs out by itself
  }
}

net::Task<void> DeliveryWorker::Dispatch() {
  bool reachable = true;
  for (;;) {
    net::Duration wait = kIdle;
    if (accounts_.loaded() && attempts_.size() < limits_.sessions) {
      auto taken = co_await outbox_.Take(BusyAccounts());
      if (!taken.ok()) {
        if (reachable) log::Warn("the queue is away", {{"error", taken.status().message()}});
        reachable = false;
        co_await net::Sleep(kRedisPause);
        continue;
      }
      reachable = true;
      if (!taken->mail.empty()) {
        Begin(std::move(taken->mail.front()));
        continue;
      }
      if (taken->next_due) wait = std::min<net::Duration>(wait, *taken->next_due);
    }
    co_await wake_.WaitFor(wait);
  }
}

void DeliveryWorker::Begin(TakenMail mail) {
  const AttemptKey key = KeyOf(mail);
  Attempt& attempt = attempts_[key];
  attempt.mail = mail;
  sessions_open.Set(static_cast<double>(attempts_.size()));
  attempt.task = sessions_.Spawn("delivery", Deliver(std::move(mail)));
}

std::vector<std::string> DeliveryWorker::BusyAccounts() const {
  absl::flat_hash_map<std::string, size_t> of_account, of_owner;
  for (const auto& [key, attempt] : attempts_) {
    ++of_account[attempt.mail.account_id];
    ++of_owner[attempt.mail.owner];
  }
  std::vector<std::string> busy;
  for (const auto& [account, count] : of_account) {
    if (count >= limits_.per_account) busy.push_back(account);
  }
  for (const auto& [owner, count] : of_owner) {
    if (count < limits_.per_owner) continue;
    for (std::string& account : accounts_.AccountsOf(owner)) busy.push_back(std::move(account));
  }
  return busy;
}

net::Task<void> DeliveryWorker::KeepLeases() {
  for (;;) {
    // First our own: one that ran out while Redis was away is ours as long as nobody took it.
    absl::Status renewed = co_await RenewLeases();
    if (renewed.ok()) {
      auto recovered = co_await outbox_.Recover();
      if (recovered.ok() && !recovered->empty()) {
        for (const std::string& id : *recovered) {
          log::Warn("a delivery ended without a word; it is tried again", {{"mail", id}});
        }
        wake_.Notify();
      }
    }
    co_await net::Sleep(kRenewEvery);
  }
}

net::Task<absl::Status> DeliveryWorker::RenewLeases() {
  if (attempts_.empty()) co_return absl::OkStatus();
  std::vector<Lease> leases;
  for (const auto& [key, attempt] : attempts_) leases.push_back(attempt.mail.lease);
  auto lost = co_await outbox_.Renew(leases);
  if (!lost.ok()) co_return lost.status();
  for (const Lease& lease : leases) {
    if (std::find(lost->begin(), lost->end(), lease.queue_id) == lost->end()) continue;
    const auto attempt = attempts_.find(absl::StrCat(lease.queue_id, "/", lease.token));
    if (attempt == attempts_.end()) continue;  // settled in this very moment
    const smtp::Transaction* transaction = attempt->second.transaction;
    // Behind the dot the server's answer still counts. Before it nothing is sent yet.
    if (transaction != nullptr && transaction->dot_began) continue;
    log::Warn("the lease on a mail is lost; its delivery is broken off",
              {{"mail", lease.queue_id}});
    sessions_.Cancel(attempt->second.task);
  }
  co_return absl::OkStatus();
}

net::Task<void> DeliveryWorker::Deliver(TakenMail mail) {
  Underway underway(*this, KeyOf(mail));
  if (mail.uncertain) {
    log::Warn("the last attempt ended before the server's answer; the mail may arrive twice",
              {{"mail", mail.lease.queue_id}, {"message_id", mail.message_id}});
  }
  smtp::Transaction transaction(mail.envelope.to);
  const auto attempt = attempts_.find(KeyOf(mail));
  if (attempt != attempts_.end()) attempt->second.transaction = &transaction;
  std::unique_ptr<RelaySession> connection;
  absl::Status outcome =
      co_await net::WithDeadline(kAttemptLimit, Carry(mail, transaction, connection));
  attempts_made.Increment();
  if (!outcome.ok()) attempts_cut.Increment();
  if (absl::IsAborted(outcome)) co_return;  // somebody else has the mail

  const double chance = std::uniform_real_distribution<>()(random_);
  Settlement settlement = Conclude(mail, transaction, outcome, chance);
  co_await Settle(mail, std::move(settlement));
  if (outcome.ok() && connection) co_await connection->session.Quit();
}

net::Task<absl::Status> DeliveryWorker::Carry(const TakenMail& mail, smtp::Transaction& transaction,
                                              std::unique_ptr<RelaySession>& connection) {
  if (accounts_.Find(mail.account_id) == nullptr) {
    // Another sender may have accepted mail of an account that we have not heard of
    // yet. Only who has just asked admin knows that it was removed.
    absl::Status heard = co_await catch_up_();
    if (!heard.ok() || !accounts_.loaded()) {
      co_return absl::UnavailableError("the account is not known here yet; the mail waits");
    }
  }
  const Account* found = accounts_.Find(mail.account_id);
  if (found == nullptr) {
    transaction.Settle(smtp::Fate::kFailed, "the account was removed before the mail could leave");
    co_return absl::OkStatus();
  }
  if (!found->enabled) {
    co_return absl::FailedPreconditionError("the account is disabled; the mail waits");
  }
  const Account account = *found;
  auto connected = co_await relay_.Connect(account);
  health_.Report(account.id, connected.status());
  if (!connected.ok()) co_return connected.status();
  connection = *std::move(connected);

  absl::Status s = co_await Send(mail, account.host, connection->session, transaction);
  if (absl::IsUnauthenticated(s)) health_.Report(account.id, s);
  co_return s;
}

net::Task<absl::Status> DeliveryWorker::Send(const TakenMail& mail, const std::string& host,
                                             smtp::Session& session,
                                             smtp::Transaction& transaction) {
  smtp::Envelope envelope = mail.envelope;
  auto wanted = co_await session.Offer(envelope, transaction);
  if (!wanted.ok()) co_return OfHost(host, wanted.status());
  if (!*wanted) co_return absl::OkStatus();
  // From here on a crash leaves a trace: the mail may have been taken.
  absl::Status marked = co_await outbox_.MarkDot(mail.lease);
  if (!marked.ok()) co_return marked;
  const auto attempt = attempts_.find(KeyOf(mail));
  if (attempt != attempts_.end()) attempt->second.dot_marked = true;
  OutboxContent content(outbox_, mail.lease.queue_id, envelope.size);
  absl::Status transferred = co_await session.Transfer(content, transaction);
  co_return OfHost(host, transferred);
}

net::Task<void> DeliveryWorker::Settle(TakenMail mail, Settlement settlement) {
  for (;;) {
    absl::Status s = co_await outbox_.Settle(mail.lease, settlement);
    if (s.ok()) break;
    // What the server took must not be sent again only because Redis is away for a while.
    if (!absl::IsUnavailable(s)) {
      log::Error("a mail could not be settled",
                 {{"mail", mail.lease.queue_id}, {"error", s.message()}});
      co_return;
    }
    co_await net::Sleep(kRedisPause);
  }
  for (const Outcome& outcome : settlement.outcomes) {
    (outcome.kind == Outcome::Kind::kSent ? sent : failed).Increment();
  }
  if (mail.attempts == 1) {
    first_wait.Observe(std::chrono::duration<double>(mail.age).count());
  }
  log::Info("delivery tried", {{"mail", mail.lease.queue_id},
                               {"account", mail.account_id},
                               {"attempt", mail.attempts},
                               {"done", settlement.outcomes.size()},
                               {"pending", settlement.pending.size()},
                               {"error", settlement.error}});
  on_settled_();
}

}  // namespace postern::sender
