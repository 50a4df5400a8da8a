#include "services/sender/sender.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "lib/net/tcp_dialer.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/sender/account_checker.h"
#include "services/sender/account_directory.h"
#include "services/sender/account_feed.h"
#include "services/sender/delivery_worker.h"
#include "services/sender/health_reporter.h"
#include "services/sender/outbox.h"
#include "services/sender/outcome_reporter.h"
#include "services/sender/relay.h"
#include "services/sender/sender_service.h"

namespace postern::sender {
namespace {

auto& queued = metrics::Gauge("postern_sender_queued", "Mails in the queue");

constexpr std::chrono::seconds kCountEvery{10};

// The parts that speak with other services or mail servers, in the order in which
// they depend on each other.
struct Parts {
  std::unique_ptr<net::Dialer> dialer;
  std::unique_ptr<admin::v1::AdminService::StubInterface> admin;
  std::unique_ptr<edge::v1::EdgeService::StubInterface> edge;
  std::optional<Relay> relay;
  std::optional<HealthReporter> health;
  std::optional<OutcomeReporter> outcomes;
  std::optional<AccountChecker> checker;
  std::optional<DeliveryWorker> worker;
  std::optional<AccountFeed> feed;
};

class Sender final : public process::Service {
 public:
  Sender(process::Runtime& runtime, Config config)
      : executor_(runtime.io.get_executor()),
        redis_(runtime.redis),
        config_(std::move(config)),
        outbox_(runtime.redis, OutboxLimits()),
        rpc_(executor_, outbox_, accounts_, MakeBackground()),
        loops_(executor_) {}

  std::string Name() const override { return "sender"; }
  grpc::Service& Rpc() override { return rpc_; }
  absl::Status Start(const process::Peers& peers) override;
  net::Task<void> Stop() override;
  std::string NotReadyBecause() const override;

 private:
  Background MakeBackground();
  void OnAccounts(const AccountDirectory::Changes& changes);
  net::Task<void> ResumeAccount(std::string account_id);
  net::Task<void> ResumePaused();
  net::Task<void> CountQueue();
  net::Task<void> CheckDurability();

  boost::asio::any_io_executor executor_;
  store::RedisClient& redis_;
  Config config_;
  Outbox outbox_;
  AccountDirectory accounts_;
  SenderService rpc_;
  Parts parts_;
  net::TaskGroup loops_;  // last: its coroutines use all of the above
};

absl::Status Sender::Start(const process::Peers& peers) {
  net::DialerOptions options;
  options.allow_hosts = config_.allow_hosts;
  options.tls_ca_file = config_.tls_ca_file;
  auto dialer = net::TcpDialer::Create(executor_, options);
  if (!dialer.ok()) return dialer.status();
  parts_.dialer = *std::move(dialer);
  parts_.admin = admin::v1::AdminService::NewStub(peers.admin);
  parts_.edge = edge::v1::EdgeService::NewStub(peers.edge);
  parts_.relay.emplace(*parts_.dialer, config_.secrets, config_.allow_plaintext_auth);
  parts_.health.emplace(executor_, *parts_.admin);
  parts_.outcomes.emplace(executor_, outbox_, *parts_.edge);
  parts_.checker.emplace(executor_, accounts_, *parts_.relay, *parts_.health);
  parts_.worker.emplace(
      executor_, outbox_, accounts_, *parts_.relay, *parts_.health,
      [this] { return parts_.feed->CatchUp(); }, [this] { parts_.outcomes->Wake(); });
  parts_.feed.emplace(*parts_.admin, accounts_,
                      [this](const AccountDirectory::Changes& changes) { OnAccounts(changes); });

  loops_.Spawn("sender durability", CheckDurability());
  loops_.Spawn("sender accounts", parts_.feed->Run());
  loops_.Spawn("sender health", parts_.health->Run());
  loops_.Spawn("sender outcomes", parts_.outcomes->Run());
  loops_.Spawn("sender resume", ResumePaused());
  loops_.Spawn("sender count", CountQueue());
  parts_.worker->Start();
  return absl::OkStatus();
}

net::Task<void> Sender::Stop() {
  co_await parts_.worker->Stop();  // the outcomes of the last deliveries still get out
  co_await parts_.checker->Stop();
  co_await loops_.Stop();
}

std::string Sender::NotReadyBecause() const {
  if (!redis_.connected()) return "Redis is away";
  if (!accounts_.loaded()) return "the accounts are not loaded from admin yet";
  return "";
}

Background Sender::MakeBackground() {
  Background background;
  background.catch_up = [this] { return parts_.feed->CatchUp(); };
  background.mail_due = [this] { parts_.worker->Wake(); };
  background.outcome_due = [this] { parts_.outcomes->Wake(); };
  return background;
}

void Sender::OnAccounts(const AccountDirectory::Changes& changes) {
  for (const std::string& id : changes.changed) {
    const Account* account = accounts_.Find(id);
    if (changes.first && account->healthy) continue;  // no storm of logins after a restart
    parts_.health->Forget(id);
    parts_.checker->Check(id);
    if (changes.first) continue;  // ResumePaused does
    // What waits may go with the new settings.
    loops_.Spawn("sender resume account", ResumeAccount(id));
  }
  for (const std::string& id : changes.removed) {
    parts_.health->Forget(id);
    loops_.Spawn("sender resume account", ResumeAccount(id));  // to be given up at once
  }
  parts_.worker->Wake();
}

net::Task<void> Sender::ResumeAccount(std::string account_id) {
  for (;;) {
    auto resumed = co_await outbox_.ResumeAccount(account_id);
    if (resumed.ok() && *resumed > 0) parts_.worker->Wake();
    if (resumed.ok() || !absl::IsUnavailable(resumed.status())) co_return;
    co_await net::Sleep(std::chrono::seconds(1));
  }
}

// Settings may have changed while we were down: whoever is paused is tried once.
net::Task<void> Sender::ResumePaused() {
  for (;;) {
    auto paused = co_await outbox_.PausedAccounts();
    if (paused.ok()) {
      for (const std::string& id : *paused) co_await ResumeAccount(id);
      co_return;
    }
    co_await net::Sleep(std::chrono::seconds(1));
  }
}

net::Task<void> Sender::CountQueue() {
  for (;;) {
    auto page = co_await outbox_.List(0, 1);
    if (page.ok()) queued.Set(static_cast<double>(page->total));
    co_await net::Sleep(kCountEvery);
  }
}

// OK from Submit means on disk; that is Redis's promise to keep, and the operator's to ask for.
net::Task<void> Sender::CheckDurability() {
  std::vector<std::string> args = {"CONFIG", "GET", "append*"};
  auto reply = co_await redis_.Command(std::move(args));
  if (!reply.ok()) co_return;  // a managed Redis may not tell
  for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    const std::string& name = reply->items[i].text;
    const std::string& value = reply->items[i + 1].text;
    if ((name == "appendonly" && value != "yes") || (name == "appendfsync" && value != "always")) {
      log::Warn(
          "Redis may lose accepted mail when it is killed; set appendonly yes and "
          "appendfsync always",
          {{name, value}});
    }
  }
}

}  // namespace

std::unique_ptr<process::Service> MakeSender(process::Runtime& runtime, Config config) {
  return std::make_unique<Sender>(runtime, std::move(config));
}

}  // namespace postern::sender
