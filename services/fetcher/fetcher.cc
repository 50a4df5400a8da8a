#include "services/fetcher/fetcher.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/net/host_policy.h"
#include "lib/net/task_group.h"
#include "lib/net/tcp_dialer.h"
#include "lib/oauth2/access_tokens.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "postern/sender/v1/sender.grpc.pb.h"
#include "services/fetcher/account_feed.h"
#include "services/fetcher/account_password.h"
#include "services/fetcher/effects/rule_effects.h"
#include "services/fetcher/fetcher_service.h"
#include "services/fetcher/ownership.h"
#include "services/fetcher/replicas.h"
#include "services/fetcher/seat.h"
#include "services/fetcher/visit_keeper.h"
#include "services/fetcher/visit_limits.h"

namespace postern::fetcher {

namespace {

auto& tokens_asked =
    metrics::Counter("postern_fetcher_access_tokens_total", "Access tokens asked for");

// Connections beside the watchers', by people who wait for an answer.
constexpr size_t kVisitsOfOne = 3;  // of a user
constexpr size_t kVisitsInAll = 32;
constexpr size_t kFilingVisitsInAll = 64;  // by rules
constexpr std::chrono::minutes kBetweenWipes{1};
constexpr std::chrono::seconds kBetweenClosings{5};
constexpr std::chrono::milliseconds kLookForAccounts{20};

Member MemberOf(const Config& config) {
  return {crypto::RandomId(), config.advertise.empty() ? config.listen : config.advertise,
          SeatOf(config.listen)};
}

ConnectLimits LimitsOf(const Config& config) {
  ConnectLimits limits;
  limits.per_second = config.connects_per_second;
  limits.per_host = config.connects_per_host;
  return limits;
}

// Where rules may send word to by HTTPS. CheckReach has read it before.
net::HostPolicy WebhookPolicy(const Config& config) {
  auto policy = net::HostPolicy::Parse(config.allow_hosts);
  return policy.ok() ? *std::move(policy) : net::HostPolicy();
}

// What exists once the ways to the other services are known; in the order of
// dependence, so that each outlives what uses it.
struct Parts {
  Parts(process::Runtime& runtime, const process::Peers& peers, crypto::SecretBox box,
        std::unique_ptr<net::Dialer> opened, PasswordRule rule, const Config& config);

  Desks AllDesks() {
    return {
        watches, book,      passwords, trial, folders, mails, [this] { return accounts.CatchUp(); },
        &others, &rule_run, &kept};
  }
  Ownership::Hooks SlotHooks();
  VisitParts Visiting(PasswordRule rule);
  void Changed(Account account);
  void Gone(const std::string& account_id);
  // Nothing else may happen for long.
  net::Task<void> WipePasswords();
  net::Task<void> CloseOldVisits();
  // Who knows no accounts can watch none, and leaves them to other fetchers.
  net::Task<void> ShareAccounts();

  std::unique_ptr<admin::v1::AdminService::StubInterface> admin;
  std::unique_ptr<edge::v1::EdgeService::StubInterface> edge;
  std::unique_ptr<rules::v1::RulesService::StubInterface> rules;
  std::unique_ptr<sender::v1::SenderService::StubInterface> sender;
  const crypto::SecretBox secrets;
  const std::unique_ptr<net::Dialer> dialer;
  crypto::PasswordKeeper passwords;
  LoginDelays login_delays;
  oauth2::AccessTokens tokens;
  LoginLedger ledger;
  VisitKeeper kept;
  VisitLimits visits{kVisitsOfOne, kVisitsInAll};
  VisitLimits filing_visits{kVisitsOfOne, kFilingVisitsInAll};
  AccountBook book;
  SendingBook sending_book;
  AccountTrial trial;
  FolderDesk folders;
  MailDesk mails;
  Ownership ownership;
  Replicas others;
  CursorStore cursors;
  MailHandoff handoff;
  RuleRun rule_run;
  HealthReporter health;
  AlarmClock alarms;
  ConnectBudget connects;
  net::TaskGroup bouts;
  AvailabilityFeed availability;
  FactFinder facts;
  OwnerNotes notes;
  SendingOn sending;
  Webhooks webhooks;
  FilingLog filing_log;
  MailDesk filing_desk;
  RuleEffects effects;
  WatchList watches;
  AccountFeed accounts;
  net::TaskGroup loops;
};

Parts::Parts(process::Runtime& runtime, const process::Peers& peers, crypto::SecretBox box,
             std::unique_ptr<net::Dialer> opened, PasswordRule rule, const Config& config)
    : admin(admin::v1::AdminService::NewStub(peers.admin)),
      edge(edge::v1::EdgeService::NewStub(peers.edge)),
      rules(rules::v1::RulesService::NewStub(peers.rules)),
      sender(sender::v1::SenderService::NewStub(peers.sender)),
      secrets(std::move(box)),
      dialer(std::move(opened)),
      tokens(runtime.io.get_executor(), oauth2::AskAdmin(*admin, tokens_asked)),
      trial(Visiting(rule)),
      folders(Visiting(rule), visits),
      mails(Visiting(rule), visits),
      ownership(runtime.io.get_executor(), runtime.redis, MemberOf(config), SlotHooks(),
                Ownership::Timing()),
      others(runtime.io.get_executor(), ownership, book, passwords,
             [tls = config.tls](const std::string& address) {
               return rpc::MakeChannel(address, tls);
             }),
      cursors(runtime.redis, [this] { return ownership.MayWrite(); }),
      handoff(*rules, *edge, [this] { return ownership.MayWrite(); }),
      rule_run(mails, handoff),
      health(runtime.io.get_executor(), *admin),
      alarms(runtime.io.get_executor()),
      connects(runtime.io.get_executor(), alarms, LimitsOf(config)),
      bouts(runtime.io.get_executor()),
      availability(*edge, [this](const std::string& user) { watches.PresenceChanged(user); }),
      facts(folders, availability, sending_book),
      notes(*edge),
      sending(*sender, sending_book),
      webhooks(runtime.io.get_executor(), config.tls_ca_file, WebhookPolicy(config)),
      filing_log(&runtime.redis),
      filing_desk(Visiting(rule), filing_visits),
      effects(RuleEffects::Parts{book, sending_book, notes, sending, webhooks, filing_log,
                                 filing_desk}),
      watches(WatcherParts{runtime.io.get_executor(),
                           *dialer,
                           secrets,
                           passwords,
                           cursors,
                           availability,
                           handoff,
                           health,
                           login_delays,
                           rule,
                           alarms,
                           connects,
                           bouts,
                           {},
                           &tokens,
                           &ledger,
                           {},
                           &runtime.redis},
              [this](Slot slot) { ownership.GiveUp(slot); }),
      accounts(
          *admin, [this](Account account) { Changed(std::move(account)); },
          [this](const std::string& id) {
            Gone(id);
            watches.Remove(id);
          },
          [this](const std::string& id) {
            Gone(id);
            watches.Leave(id);
          }),
      loops(runtime.io.get_executor()) {
  handoff.judging().Attach(Judging::Sources{book, sending_book, availability, facts});
  handoff.Attach(effects);
}

Ownership::Hooks Parts::SlotHooks() {
  return {[this](const HeldSlots& slots) { watches.Hold(slots); },
          [this](Slot slot) { return watches.InUse(slot); },
          [this](const std::vector<Member>& members) { others.OthersChanged(members); }};
}

VisitParts Parts::Visiting(PasswordRule rule) {
  VisitParts visiting{*dialer, secrets, passwords, login_delays, rule};
  visiting.kept = &kept;
  visiting.tokens = &tokens;
  visiting.on_reached = [this](const std::string& host) { watches.HostReached(host); };
  return visiting;
}

void Parts::Changed(Account account) {
  const std::shared_ptr<const Account> before = book.Find(account.id);
  const std::shared_ptr<const Account> now = book.Put(std::move(account));
  // One that is stored now, or of no use, is not held any longer; nor one of another server.
  const bool elsewhere = before && !crypto::CheckPasswordUse(UseOf(*before), UseOf(*now)).ok();
  if (elsewhere || !now->enabled || !now->sealed_password.empty()) passwords.Forget(now->id);
  if (before && before->settings_revision != now->settings_revision) {
    kept.Forget(now->id);
    tokens.Forget(now->id);
  }
  sending_book.Put(now);
  watches.Put(now);
}

void Parts::Gone(const std::string& account_id) {
  book.Remove(account_id);
  sending_book.Remove(account_id);
  folders.Forget(account_id);
  kept.Forget(account_id);
  tokens.Forget(account_id);
  passwords.Forget(account_id);
}

net::Task<void> Parts::WipePasswords() {
  for (;;) {
    co_await net::Sleep(kBetweenWipes);
    passwords.WipeUntrusted();
    watches.PasswordsWiped();
    kept.PasswordsWiped(passwords);
  }
}

net::Task<void> Parts::CloseOldVisits() {
  for (;;) {
    co_await net::Sleep(kBetweenClosings);
    kept.CloseOld();
  }
}

net::Task<void> Parts::ShareAccounts() {
  while (!accounts.known()) co_await net::Sleep(kLookForAccounts);
  ownership.Start();
}

class Fetcher final : public process::Service {
 public:
  Fetcher(process::Runtime& runtime, Config config)
      : runtime_(runtime), config_(std::move(config)), rpc_(runtime.io.get_executor()) {}

  std::string Name() const override { return "fetcher"; }
  grpc::Service& Rpc() override { return rpc_; }

  absl::Status Start(const process::Peers& peers) override {
    auto secrets = crypto::SecretBox::FromFile(config_.master_key_file);
    if (!secrets.ok()) return secrets.status();
    net::DialerOptions options;
    options.allow_hosts = config_.allow_hosts;
    options.tls_ca_file = config_.tls_ca_file;
    auto dialer = net::TcpDialer::Create(runtime_.io.get_executor(), options);
    if (!dialer.ok()) return dialer.status();
    const auto rule =
        config_.allow_plaintext_auth ? PasswordRule::kAnyConnection : PasswordRule::kEncryptedOnly;
    parts_.emplace(runtime_, peers, *std::move(secrets), *std::move(dialer), rule, config_);
    rpc_.Begin(parts_->AllDesks());
    parts_->loops.Spawn("availability", parts_->availability.Run());
    parts_->loops.Spawn("accounts", parts_->accounts.Run());
    parts_->loops.Spawn("health", parts_->health.Run());
    parts_->loops.Spawn("passwords", parts_->WipePasswords());
    parts_->loops.Spawn("visits", parts_->CloseOldVisits());
    parts_->loops.Spawn("share", parts_->ShareAccounts());
    return absl::OkStatus();
  }

  net::Task<void> Stop() override {
    if (!parts_) co_return;
    // Slots first: other fetchers go on with the accounts at once.
    co_await parts_->ownership.Stop();
    co_await parts_->watches.Stop();
    co_await parts_->others.Stop();
    co_await parts_->webhooks.Stop();
    co_await parts_->loops.Stop();
  }

  std::string NotReadyBecause() const override {
    if (!runtime_.redis.connected()) return "no connection to Redis";
    if (!parts_ || !parts_->accounts.known()) return "admin has not told the accounts yet";
    return parts_->ownership.NotReadyBecause();
  }

 private:
  process::Runtime& runtime_;
  const Config config_;
  FetcherService rpc_;
  std::optional<Parts> parts_;
};

}  // namespace

std::unique_ptr<process::Service> MakeFetcher(process::Runtime& runtime, Config config) {
  return std::make_unique<Fetcher>(runtime, std::move(config));
}

}  // namespace postern::fetcher
