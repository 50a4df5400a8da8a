#include "services/sender/delivery/delivery_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/words/wording.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/delivery/settlement.h"
#include "services/sender/outbox/outbox_content.h"
#include "services/sender/outcomes/sentences.h"

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

DeliveryWorker::DeliveryWorker(boost::asio::any_io_executor executor, WorkerParts parts,
                               WorkerLimits limits)
    : parts_(std::move(parts)),
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
    absl::Status s = co_await parts_.outbox.Release(lease);
    if (!s.ok()) co_return;  // the lease runs out by itself
  }
}

net::Task<void> DeliveryWorker::Dispatch() {
  bool reachable = true;
  for (;;) {
    net::Duration wait = kIdle;
    if (parts_.accounts.loaded() && attempts_.size() < limits_.sessions) {
      TakeRequest request;
      request.busy_accounts = BusyAccounts(UnderWay(), parts_.accounts, limits_);
      auto taken = co_await parts_.outbox.Take(std::move(request));
      if (!taken.ok()) {
        if (reachable) log::Warn("the queue is away", {{"error", taken.status().message()}});
        reachable = false;
        co_await net::Sleep(kRedisPause);
        continue;
      }
      reachable = true;
      if (!taken->mails.empty()) {
        Begin(std::move(taken->mails.front()));
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

std::vector<SessionOf> DeliveryWorker::UnderWay() const {
  std::vector<SessionOf> sessions;
  for (const auto& [key, attempt] : attempts_) {
    sessions.push_back(SessionOf{attempt.mail.account_id, attempt.mail.owner});
  }
  return sessions;
}

net::Task<void> DeliveryWorker::KeepLeases() {
  for (;;) {
    // First our own: one that ran out while Redis was away is ours as long as nobody took it.
    absl::Status renewed = co_await RenewLeases();
    if (renewed.ok()) {
      auto recovered = co_await parts_.outbox.Recover();
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
  auto lost = co_await parts_.outbox.Renew(leases);
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
  absl::Status ended =
      co_await net::WithDeadline(kAttemptLimit, Carry(mail, transaction, connection));
  const absl::Status outcome = OfAttempt(kAttemptLimit, ended);
  if (absl::IsAborted(outcome)) co_return;  // somebody else has the mail
  const bool refused = absl::IsUnauthenticated(outcome) && !connection;
  const Account* asking = outcome.ok() ? nullptr : LacksPassword(mail, transaction, refused);
  if (asking != nullptr) {
    std::optional<Lease> lease = mail.lease;
    co_await parts_.pause.UntilPassword(*asking, std::move(lease));
    co_return;
  }
  attempts_made.Increment();
  if (!outcome.ok()) attempts_cut.Increment();
  const double chance = std::uniform_real_distribution<>()(random_);
  Settlement settlement = Conclude(mail, transaction, outcome, chance);
  co_await Settle(mail, std::move(settlement));
  if (outcome.ok() && connection) co_await connection->session.Quit();
}

net::Task<absl::Status> DeliveryWorker::Carry(const TakenMail& mail, smtp::Transaction& transaction,
                                              std::unique_ptr<RelaySession>& connection) {
  if (parts_.accounts.Find(mail.account_id) == nullptr) {
    // Another sender may have accepted mail of an account that we have not heard of
    // yet. Only who has just asked admin knows that it was removed.
    absl::Status heard = co_await parts_.catch_up();
    if (!heard.ok() || !parts_.accounts.loaded()) {
      co_return words::Error(absl::StatusCode::kUnavailable,
                             words::Word("the account is not known here yet; the mail waits"));
    }
  }
  const Account* account = parts_.accounts.Find(mail.account_id);
  if (account == nullptr) {
    transaction.Settle(smtp::Fate::kFailed,
                       words::Word("the account was removed before the mail could leave"));
    co_return absl::OkStatus();
  }
  if (!account->enabled) {
    co_return words::Error(absl::StatusCode::kFailedPrecondition,
                           words::Word("the account is disabled; the mail waits"));
  }
  if (absl::Status s = parts_.relay.CheckServes(*account); !s.ok()) {
    transaction.Settle(smtp::Fate::kFailed, SentenceOf(s));
    if (Relay::IsLet(*account)) parts_.health.Report(account->id, ConditionAfter(s, false));
    co_return absl::OkStatus();
  }
  co_return co_await CarryAs(*account, mail, transaction, connection);
}

net::Task<absl::Status> DeliveryWorker::CarryAs(Account account, const TakenMail& mail,
                                                smtp::Transaction& transaction,
                                                std::unique_ptr<RelaySession>& connection) {
  if (parts_.passwords.NeededBy(account)) {
    parts_.health.Report(account.id, Asking());
    co_return absl::UnauthenticatedError("the password is missing");
  }
  auto connected = co_await parts_.relay.Connect(account, kAttemptLimit);
  const bool asking = parts_.passwords.NeededBy(account);
  parts_.health.Report(account.id, ConditionAfter(connected.status(), asking));
  if (!connected.ok()) co_return connected.status();
  connection = *std::move(connected);

  absl::Status s = co_await Send(account, mail, connection->session, transaction);
  if (absl::IsUnauthenticated(s)) {
    parts_.health.Report(account.id, ConditionAfter(s, parts_.passwords.NeededBy(account)));
  }
  co_return s;
}

const Account* DeliveryWorker::LacksPassword(const TakenMail& mail,
                                             const smtp::Transaction& transaction,
                                             bool refused) const {
  const Account* account = parts_.accounts.Find(mail.account_id);
  if (account == nullptr || !account->enabled || !transaction.IsUntouched()) return nullptr;
  if (mail.age >= kQueueLifetime) return nullptr;  // to be given up
  if (parts_.passwords.NeededBy(*account)) return account;
  // Refused, and yet held: another one, that came meanwhile.
  return refused && parts_.passwords.Holds(*account) ? account : nullptr;
}

net::Task<absl::Status> DeliveryWorker::Send(const Account& account, const TakenMail& mail,
                                             smtp::Session& session,
                                             smtp::Transaction& transaction) {
  smtp::Envelope envelope = mail.envelope;
  auto wanted = co_await session.Offer(envelope, transaction);
  if (!wanted.ok()) co_return parts_.relay.InWords(account, wanted.status());
  if (!*wanted) co_return absl::OkStatus();
  // From here on a crash leaves a trace: the mail may have been taken.
  absl::Status marked = co_await parts_.outbox.MarkDot(mail.lease);
  if (!marked.ok()) co_return OfQueue(marked);
  const auto attempt = attempts_.find(KeyOf(mail));
  if (attempt != attempts_.end()) attempt->second.dot_marked = true;
  OutboxContent content(parts_.outbox, mail.lease.queue_id, envelope.size);
  absl::Status transferred = co_await session.Transfer(content, transaction);
  // A session's errors have their words; others are of the content that was read.
  if (!words::WordingOf(transferred)) co_return OfQueue(transferred);
  co_return parts_.relay.InWords(account, transferred);
}

net::Task<void> DeliveryWorker::Settle(TakenMail mail, Settlement settlement) {
  for (;;) {
    absl::Status s = co_await parts_.outbox.Settle(mail.lease, settlement);
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
                               {"error", words::English(settlement.error)}});
  parts_.on_settled();
}

}  // namespace postern::sender
