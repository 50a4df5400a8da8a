#include "services/sender/sender.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "lib/net/tcp_dialer.h"
#include "lib/oauth2/access_tokens.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/sender/accounts/account_checker.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/accounts/account_feed.h"
#include "services/sender/accounts/account_trial.h"
#include "services/sender/accounts/health_reporter.h"
#include "services/sender/accounts/held_passwords.h"
#include "services/sender/accounts/password_desk.h"
#include "services/sender/compose/mail_intake.h"
#include "services/sender/delivery/delivery_worker.h"
#include "services/sender/delivery/mail_pause.h"
#include "services/sender/delivery/relay.h"
#include "services/sender/filing/filer.h"
#include "services/sender/mx/direct_delivery.h"
#include "services/sender/mx/dkim_step.h"
#include "services/sender/outbox/carry_over.h"
#include "services/sender/outbox/durability.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/outbox/queue_desk.h"
#include "services/sender/outcomes/outcome_reporter.h"
#include "services/sender/outward.h"
#include "services/sender/sender_service.h"

namespace postern::sender {
namespace {

auto& queued = metrics::Gauge("postern_sender_queued", "Mails in the queue");
auto& tokens_asked =
    metrics::Counter("postern_sender_access_tokens_total", "Access tokens asked for");

constexpr std::chrono::seconds kCountEvery{10}, kRedisPause{1};

// The parts that speak with other services or mail servers, in the order in which
// they depend on each other.
struct Parts {
  std::unique_ptr<net::Dialer> dialer, site_dialer;
  std::unique_ptr<admin::v1::AdminService::StubInterface> admin;
  std::unique_ptr<edge::v1::EdgeService::StubInterface> edge;
  std::optional<oauth2::AccessTokens> tokens;
  std::optional<Outward> outward;
  std::unique_ptr<mx::DirectDelivery> direct;
  std::optional<Relay> relay;
  std::optional<HealthReporter> health;
  std::unique_ptr<fetcher::v1::FetcherService::StubInterface> fetcher;  // null: there is none
  std::optional<OutcomeReporter> outcomes;
  std::optional<Filer> filer;
  std::optional<MailPause> pause;
  std::optional<AccountChecker> checker;
  std::optional<DeliveryWorker> worker;
  std::optional<AccountFeed> feed;
  std::optional<MailIntake> intake;
  std::optional<PasswordDesk> desk;
  std::optional<AccountTrial> trial;
  std::optional<QueueDesk> queue;
};

OutboxLimits LimitsOf(const QueueOptions& options) {
  OutboxLimits limits;
  limits.per_account = options.mails_per_account;
  limits.total = options.mails;
  limits.bytes = static_cast<uint64_t>(options.megabytes) << 20;
  return limits;
}

class Sender final : public process::Service {
 public:
  Sender(process::Runtime& runtime, Config config)
      : executor_(runtime.io.get_executor()),
        redis_(runtime.redis),
        config_(std::move(config)),
        outbox_(executor_, runtime.redis, LimitsOf(config_.queue)),
        queue_view_(runtime.redis),
        rpc_(executor_),
        loops_(executor_) {}

  std::string Name() const override { return "sender"; }
  grpc::Service& Rpc() override { return rpc_; }
  absl::Status Start(const process::Peers& peers) override;
  net::Task<void> Stop() override;
  std::string NotReadyBecause() const override;

 private:
  absl::Status MakeDialers();
  net::DialerOptions Dialing() const;
  void MakeParts(const process::Peers& peers);
  void MakeWays();
  void MakeDesks();
  void OnAccounts(const AccountDirectory::Changes& changes);
  bool IsNews(const Account& account);
  net::Task<void> BeginWork();
  net::Task<void> ResumeAccount(std::string account_id);
  net::Task<void> ResumePaused();
  net::Task<void> CountQueue();

  boost::asio::any_io_executor executor_;
  store::RedisClient& redis_;
  Config config_;
  Outbox outbox_;
  QueueView queue_view_;
  AccountDirectory accounts_;
  MailboxBook mailboxes_;
  HeldPasswords passwords_;
  SenderService rpc_;
  Parts parts_;
  bool stopping_ = false;
  net::TaskGroup loops_;  // last: its coroutines use all of the above
};

net::DialerOptions Sender::Dialing() const {
  net::DialerOptions options;
  options.allow_hosts = config_.allow_hosts;
  options.tls_ca_file = config_.tls_ca_file;
  return options;
}

absl::Status Sender::MakeDialers() {
  net::DialerOptions options = Dialing();
  auto dialer = net::TcpDialer::Create(executor_, options);
  if (!dialer.ok()) return dialer.status();
  parts_.dialer = *std::move(dialer);
  if (config_.goes_directly) {
    mx::DirectSettings settings{config_.direct, config_.allow_hosts, config_.tls_ca_file};
    auto direct = mx::DirectDelivery::Create(executor_, redis_, settings);
    if (!direct.ok()) return direct.status();
    parts_.direct = *std::move(direct);
  }
  if (!config_.site_relay) return absl::OkStatus();
  // The relay's host is the operator's word, not a user's. Nothing else is dialled with this one.
  options.allow_hosts.assign(1, absl::StrCat("*:", config_.site_relay->port));
  auto site_dialer = net::TcpDialer::Create(executor_, options);
  if (!site_dialer.ok()) return site_dialer.status();
  parts_.site_dialer = *std::move(site_dialer);
  return absl::OkStatus();
}

void Sender::MakeParts(const process::Peers& peers) {
  SiteRelayAccess site;
  if (config_.site_relay) site = {&*config_.site_relay, parts_.site_dialer.get()};
  const auto mail_due = [this] { parts_.worker->Wake(); };
  const auto author_due = [this] { parts_.outcomes->Wake(); };
  parts_.admin = admin::v1::AdminService::NewStub(peers.admin);
  parts_.edge = edge::v1::EdgeService::NewStub(peers.edge);
  parts_.relay.emplace(*parts_.dialer, config_.secrets, passwords_, config_.allow_plaintext_auth,
                       site);
  parts_.tokens.emplace(executor_, oauth2::AskAdmin(*parts_.admin, tokens_asked));
  parts_.relay->Use(*parts_.tokens);
  parts_.health.emplace(executor_, *parts_.admin);
  parts_.outcomes.emplace(executor_, outbox_, *parts_.edge);
  parts_.pause.emplace(outbox_, passwords_, mail_due, author_due);
  parts_.checker.emplace(executor_, accounts_, *parts_.relay, passwords_, *parts_.health);
  WorkerParts worker{outbox_,
                     accounts_,
                     *parts_.relay,
                     passwords_,
                     *parts_.health,
                     *parts_.pause,
                     [this] { return parts_.feed->CatchUp(); },
                     author_due};
  parts_.worker.emplace(executor_, std::move(worker));
  parts_.feed.emplace(
      *parts_.admin, accounts_,
      [this](const AccountDirectory::Changes& changes) { OnAccounts(changes); },
      [this](const auto& answer) { mailboxes_.Hear(answer); });
  if (peers.fetcher) parts_.fetcher = fetcher::v1::FetcherService::NewStub(peers.fetcher);
  parts_.filer.emplace(executor_, outbox_, accounts_, mailboxes_, parts_.fetcher.get());
}

void Sender::MakeWays() {
  const auto mail_due = [this] { parts_.worker->Wake(); };
  Outward::Parts parts{redis_, outbox_, accounts_, mail_due};
  parts_.outward.emplace(executor_, std::move(parts), config_.operator_files,
                         config_.files.default_route, Dialing());
  WaysOut ways;
  parts_.outward->AddTo(ways);
  if (parts_.direct) ways.direct = &parts_.direct->carrier();
  parts_.relay->Use(std::move(ways));
}

void Sender::MakeDesks() {
  const auto catch_up = [this] { return parts_.feed->CatchUp(); };
  Desks desks;
  const auto mail_due = [this] {
    parts_.worker->Wake();
    parts_.outward->MailCame();
  };
  const auto retried = [this] {
    parts_.worker->Wake();
    parts_.outward->Retried();
  };
  const auto outcome_due = [this] { parts_.outcomes->Wake(); };
  const auto gate_of = [this](const std::string& account_id, int64_t due_ms) {
    return parts_.outward->GateOf(account_id, due_ms);
  };
  const auto accounts_of = [this](const std::string& owner) { return accounts_.AccountsOf(owner); };
  QueueDesk::Parts queue{retried, outcome_due, gate_of, accounts_of};
  parts_.queue.emplace(executor_, queue_view_, std::move(queue));
  parts_.intake.emplace(outbox_, accounts_, *parts_.relay, passwords_, *parts_.pause, catch_up,
                        mail_due);
  IntakeSteps steps;
  parts_.outward->AddTo(steps);
  if (config_.dkim) steps.sign = mx::SignSiteMail(config_.dkim);
  steps.files = [this](const Account& account) { return parts_.filer->Files(account); };
  parts_.intake->Use(std::move(steps));
  PasswordDeskParts desk{accounts_,
                         passwords_,
                         *parts_.health,
                         *parts_.pause,
                         *parts_.checker,
                         catch_up,
                         [this](const std::string& id) { parts_.worker->EndSessionsOf(id); }};
  parts_.desk.emplace(executor_, std::move(desk));
  parts_.trial.emplace(executor_, *parts_.relay);
  desks.intake = &*parts_.intake;
  desks.passwords = &*parts_.desk;
  desks.trial = &*parts_.trial;
  desks.queue = &*parts_.queue;
  desks.routes = &parts_.outward->desk();
  desks.accounts = &accounts_;
  rpc_.Use(std::move(desks));
}

absl::Status Sender::Start(const process::Peers& peers) {
  if (absl::Status s = MakeDialers(); !s.ok()) return s;
  MakeParts(peers);
  MakeWays();
  MakeDesks();

  loops_.Spawn("sender durability", CheckDurability(redis_));
  loops_.Spawn("sender accounts", parts_.feed->Run());
  loops_.Spawn("sender health", parts_.health->Run());
  loops_.Spawn("sender queue", BeginWork());
  loops_.Spawn("sender count", CountQueue());
  loops_.Spawn("sender passwords", parts_.desk->KeepWiping());
  parts_.outward->Start(loops_);
  return absl::OkStatus();
}

// Whoever takes something from the queue comes after what an older Postern left in it.
net::Task<void> Sender::BeginWork() {
  for (;;) {
    auto carried = co_await CarryOver(redis_);
    if (carried.ok()) break;
    const bool away = absl::IsUnavailable(carried.status());
    if (!away) {
      log::Error("the queue of an older Postern can't be carried over",
                 {{"error", carried.status().message()}});
      break;
    }
    co_await net::Sleep(kRedisPause);
  }
  if (stopping_) co_return;
  loops_.Spawn("sender outcomes", parts_.outcomes->Run());
  loops_.Spawn("sender filing", parts_.filer->Run());
  loops_.Spawn("sender resume", ResumePaused());
  parts_.worker->Start();
}

net::Task<void> Sender::Stop() {
  stopping_ = true;
  co_await parts_.worker->Stop();  // the outcomes of the last deliveries still get out
  co_await parts_.desk->Stop();
  co_await parts_.trial->Stop();
  co_await parts_.checker->Stop();
  co_await parts_.filer->Stop();
  co_await loops_.Stop();
  co_await parts_.outward->Stop();
  if (parts_.direct) co_await parts_.direct->Stop();
}

std::string Sender::NotReadyBecause() const {
  if (!redis_.connected()) return "Redis is away";
  if (!accounts_.loaded()) return "the accounts are not loaded from admin yet";
  return "";
}

// After a restart admin still knows how most accounts fare: no storm of logins, and none of
// reports. Passwords that were held are gone, and what a relay carries depends on our options.
bool Sender::IsNews(const Account& account) {
  if (!parts_.relay->CheckServes(account).ok()) return true;
  const bool asking = passwords_.NeededBy(account);
  return account.known_health != (asking ? KnownHealth::kAsking : KnownHealth::kOk);
}

void Sender::OnAccounts(const AccountDirectory::Changes& changes) {
  parts_.outward->OnAccounts(changes);
  for (const std::string& id : changes.elsewhere) passwords_.Forget(id);
  for (const std::string& id : changes.changed) {
    const Account* account = accounts_.Find(id);
    if (changes.first && !IsNews(*account)) continue;
    parts_.health->Forget(id);
    parts_.tokens->Forget(id);
    parts_.worker->EndSessionsOf(id);
    parts_.checker->Check(id);
    if (changes.first) continue;  // ResumePaused does
    // What waits may go with the new settings.
    loops_.Spawn("sender resume account", ResumeAccount(id));
  }
  for (const std::string& id : changes.removed) {
    parts_.health->Forget(id);
    parts_.tokens->Forget(id);
    parts_.worker->EndSessionsOf(id);
    passwords_.Forget(id);
    loops_.Spawn("sender resume account", ResumeAccount(id));  // to be given up at once
  }
  parts_.worker->Wake();
}

net::Task<void> Sender::ResumeAccount(std::string account_id) {
  co_await parts_.pause->End(std::move(account_id));
}

// Settings may have changed while we were down: whoever is paused is tried once.
net::Task<void> Sender::ResumePaused() {
  for (;;) {
    auto paused = co_await outbox_.PausedAccounts();
    if (paused.ok()) {
      for (const std::string& id : *paused) co_await ResumeAccount(id);
      co_return;
    }
    co_await net::Sleep(kRedisPause);
  }
}

net::Task<void> Sender::CountQueue() {
  for (;;) {
    auto page = co_await queue_view_.Find("");  // of nothing but the number
    if (page.ok()) queued.Set(static_cast<double>(page->total));
    co_await net::Sleep(kCountEvery);
  }
}

}  // namespace

std::unique_ptr<process::Service> MakeSender(process::Runtime& runtime, Config config) {
  return std::make_unique<Sender>(runtime, std::move(config));
}

}  // namespace postern::sender
