// The worker's other half: what is done with a mail when it was carried, and with its lease.
#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/words/wording.h"
#include "services/sender/delivery/delivery_worker.h"
#include "services/sender/delivery/underway.h"

namespace postern::sender {
namespace {

auto& sent = metrics::Counter("postern_sender_recipients_total", "Recipients that are done",
                              {{"outcome", "sent"}});
auto& failed = metrics::Counter("postern_sender_recipients_total", "Recipients that are done",
                                {{"outcome", "failed"}});
auto& first_wait =
    metrics::Seconds("postern_sender_queue_seconds", "From submission to the first attempt");
auto& until_sent = metrics::Seconds("postern_sender_sent_seconds",
                                    "From submission until the server took the mail");
auto& in_hand = metrics::Gauge("postern_sender_in_hand", "Mails taken from the queue");

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::seconds kRedisPause{1}, kRenewEvery{4};
constexpr size_t kLeasesAtOnce = 250;

}  // namespace

// Nothing of an account is taken while its mails are on their way back.
class DeliveryWorker::AtRest {
 public:
  AtRest(absl::flat_hash_map<std::string, int>& at_rest, std::string account_id)
      : at_rest_(at_rest), account_id_(std::move(account_id)) {
    ++at_rest_[account_id_];
  }
  ~AtRest() {
    if (--at_rest_[account_id_] == 0) at_rest_.erase(account_id_);
  }
  AtRest(const AtRest&) = delete;
  AtRest& operator=(const AtRest&) = delete;

 private:
  absl::flat_hash_map<std::string, int>& at_rest_;
  const std::string account_id_;
};

net::Task<bool> DeliveryWorker::PutSettlement(const TakenMail& mail, const Settlement& settlement) {
  for (;;) {
    absl::Status s = co_await parts_.outbox.Settle(mail.lease, settlement);
    if (s.ok()) co_return true;
    // What the server took must not be sent again only because Redis is away for a while.
    if (!absl::IsUnavailable(s)) {
      log::Error("a mail could not be settled",
                 {{"mail", mail.lease.queue_id}, {"error", s.message()}});
      co_return false;
    }
    co_await net::Sleep(kRedisPause);
  }
}

net::Task<void> DeliveryWorker::Settle(MailInHand& mail, Settlement settlement) {
  Underway underway(roster_, mail, idle_);
  if (settlement.pause_account.count() == 0) {
    const bool settled = co_await PutSettlement(mail.mail, settlement);
    if (settled) Note(mail, settlement);
    co_return;
  }
  AtRest at_rest(at_rest_, mail.mail.account_id);
  const bool settled = co_await PutSettlement(mail.mail, settlement);
  if (settled) Note(mail, settlement);
  co_await GiveBackReady(mail.mail.account_id);
}

void DeliveryWorker::Note(const MailInHand& mail, const Settlement& settlement) {
  bool any_sent = false;
  for (const Outcome& outcome : settlement.outcomes) {
    const bool was_sent = outcome.kind == Outcome::Kind::kSent;
    (was_sent ? sent : failed).Increment();
    any_sent = any_sent || was_sent;
  }
  const double age = Seconds(mail.mail.age).count();
  if (mail.mail.attempts == 1) first_wait.Observe(age + Seconds(mail.begun - mail.taken).count());
  if (any_sent) until_sent.Observe(age + Seconds(Clock::now() - mail.taken).count());
  log::Info("delivery tried", {{"mail", mail.mail.lease.queue_id},
                               {"account", mail.mail.account_id},
                               {"attempt", mail.mail.attempts},
                               {"done", settlement.outcomes.size()},
                               {"pending", settlement.pending.size()},
                               {"error", words::English(settlement.error)}});
  parts_.on_settled();
}

net::Task<void> DeliveryWorker::AwaitOwner(MailInHand& mail, Account account) {
  Underway underway(roster_, mail, idle_);
  AtRest at_rest(at_rest_, account.id);
  // First, so that they are among those that wait.
  co_await GiveBackReady(account.id);
  const uint64_t settings = account.settings_revision;
  const std::string account_id = account.id;
  std::optional<Lease> lease = mail.mail.lease;
  co_await parts_.pause.UntilOwner(std::move(account), std::move(lease));
  // Consent comes as new settings; it may have come meanwhile.
  const Account* now = parts_.accounts.Find(account_id);
  if (now == nullptr || now->settings_revision != settings) {
    co_await parts_.pause.End(account_id);
  }
}

net::Task<void> DeliveryWorker::GiveBackReady(std::string account_id) {
  std::vector<Lease> leases;
  for (MailInHand* mail : roster_.ReadyOf(account_id)) {
    leases.push_back(mail->mail.lease);
    roster_.Withdraw(*mail);
    roster_.Done(*mail);
  }
  for (const Lease& lease : leases) {
    absl::Status s = co_await parts_.outbox.Release(lease);
    if (absl::IsUnavailable(s)) co_return;  // the leases run out by themselves
  }
}

void DeliveryWorker::SpawnGiveBack(MailInHand& ready) {
  roster_.Withdraw(ready);
  settling_.Spawn("mail given back", GiveBack(ready));
}

net::Task<void> DeliveryWorker::GiveBack(MailInHand& mail) {
  Underway underway(roster_, mail, idle_);
  absl::Status s = co_await parts_.outbox.Release(mail.mail.lease);
  if (!s.ok()) log::Warn("a mail could not be given back", {{"mail", mail.mail.lease.queue_id}});
}

// --- leases -----------------------------------------------------------------------

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
    BeginStalled();
    roster_.Tidy(Clock::now());
    attempts_.CountSleepers();
    in_hand.Set(static_cast<double>(roster_.InHand()));
    co_await net::Sleep(kRenewEvery);
  }
}

net::Task<absl::Status> DeliveryWorker::RenewLeases() {
  std::vector<Lease> all;
  for (const MailInHand* mail : roster_.All()) all.push_back(mail->mail.lease);
  for (size_t first = 0; first < all.size(); first += kLeasesAtOnce) {
    const size_t end = std::min(all.size(), first + kLeasesAtOnce);
    std::vector<Lease> some(all.begin() + first, all.begin() + end);
    auto lost = co_await parts_.outbox.Renew(some);
    if (!lost.ok()) co_return lost.status();
    const absl::flat_hash_set<std::string> ids(lost->begin(), lost->end());
    for (const Lease& lease : some) {
      if (ids.contains(lease.queue_id)) LoseLease(lease);
    }
  }
  co_return absl::OkStatus();
}

void DeliveryWorker::LoseLease(const Lease& lease) {
  MailInHand* mail = roster_.Find(lease);
  // Settled in this very moment, or about to be: the outbox decides.
  if (mail == nullptr || mail->stage == MailInHand::Stage::kSettling) return;
  if (mail->stage == MailInHand::Stage::kReady) {
    roster_.Done(*mail);
    return;
  }
  // Behind the dot the server's answer still counts. Before it nothing is sent yet.
  if (mail->transaction != nullptr && mail->transaction->dot_began) return;
  log::Warn("the lease on a mail is lost; its delivery is broken off", {{"mail", lease.queue_id}});
  sessions_.Cancel(mail->task);
}

}  // namespace postern::sender
