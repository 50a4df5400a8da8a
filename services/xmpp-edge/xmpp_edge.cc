#include "services/xmpp-edge/xmpp_edge.h"

#include <optional>
#include <utility>

#include "lib/crypto/digest.h"
#include "lib/http/downloader.h"
#include "lib/net/deadline.h"
#include "lib/net/task_group.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/availability.h"
#include "services/xmpp-edge/component_link.h"
#include "services/xmpp-edge/consent_desk.h"
#include "services/xmpp-edge/contacts_list.h"
#include "services/xmpp-edge/delivery_desk.h"
#include "services/xmpp-edge/delivery_log.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/features/features.h"
#include "services/xmpp-edge/features/motd.h"
#include "services/xmpp-edge/features/presence.h"
#include "services/xmpp-edge/outcome.h"
#include "services/xmpp-edge/password_desk.h"
#include "services/xmpp-edge/password_retention.h"
#include "services/xmpp-edge/presence_contacts.h"
#include "services/xmpp-edge/presence_sessions.h"
#include "services/xmpp-edge/spool/spool_watcher.h"
#include "services/xmpp-edge/stanza_router.h"
#include "services/xmpp-edge/thread_store.h"
#include "services/xmpp-edge/xmpp_edge_service.h"

namespace postern::xmpp_edge {

namespace {

constexpr std::chrono::seconds kLastWorkLimit(1);
constexpr std::chrono::seconds kGoodbyeLimit(2);

// The stubs, one for each service that the edge calls.
struct Stubs {
  explicit Stubs(const process::Peers& peers)
      : admin(admin::v1::AdminService::NewStub(peers.admin)),
        rules(rules::v1::RulesService::NewStub(peers.rules)),
        sender(sender::v1::SenderService::NewStub(peers.sender)),
        fetcher(fetcher::v1::FetcherService::NewStub(peers.fetcher)) {}

  std::unique_ptr<admin::v1::AdminService::Stub> admin;
  std::unique_ptr<rules::v1::RulesService::Stub> rules;
  std::unique_ptr<sender::v1::SenderService::Stub> sender;
  std::unique_ptr<fetcher::v1::FetcherService::Stub> fetcher;
};

ComponentLink::Settings LinkSettings(const Config& config) {
  ComponentLink::Settings settings;
  settings.host = config.server_host;
  settings.port = config.server_port;
  settings.domain = config.xmpp_domain;
  settings.secret = config.secret;
  return settings;
}

// Where uploaded files come from; null: they are not attached.
std::unique_ptr<http::FileSource> MakeFileSource(boost::asio::any_io_executor executor,
                                                 const Config& config) {
  if (config.attachment_megabytes == 0) return nullptr;
  auto policy = net::HostPolicy::Parse(config.allow_hosts);  // checked by CheckConfig
  if (!policy.ok()) return nullptr;
  return std::make_unique<http::Downloader>(executor, config.tls_ca_file, *std::move(policy));
}

// Everything the edge is made of, in the order in which one needs the other.
class Parts {
 public:
  Parts(process::Runtime& runtime, const Config& config, const process::Peers& peers)
      : stubs_(peers),
        files_(MakeFileSource(runtime.io.get_executor(), config)),
        tasks_(runtime.io.get_executor()),
        directory_(*stubs_.admin),
        interpreter_(config.language, directory_),
        link_(
            runtime.io.get_executor(), LinkSettings(config),
            [this](Element stanza) {
              notifications_.Hear(stanza);
              spool_.Hear(stanza);
              router_.Route(std::move(stanza));
            },
            [this](bool up) {
              if (up) presence_.LinkCameUp();
            }),
        router_(config.xmpp_domain, link_, tasks_, interpreter_),
        site_(*stubs_.admin),
        threads_(runtime.redis),
        sessions_(runtime.redis, std::chrono::seconds(config.offline_after)),
        given_(sessions_, directory_),
        failed_trials_(directory_),
        contacts_(runtime.redis),
        availability_(runtime.io.get_executor()),
        context_{config.xmpp_domain,
                 link_,
                 directory_,
                 interpreter_,
                 site_,
                 threads_,
                 sessions_,
                 given_,
                 failed_trials_,
                 *stubs_.admin,
                 *stubs_.rules,
                 *stubs_.sender,
                 *stubs_.fetcher,
                 runtime.redis,
                 tasks_,
                 runtime.io.get_executor(),
                 config.contacts,
                 files_.get(),
                 static_cast<size_t>(config.attachment_megabytes) << 20,
                 config.managesieve_host},
        presence_(context_, sessions_, contacts_),
        in_rosters_(context_),
        motd_(context_),
        passwords_(context_, sessions_, [this] { return presence_.ready(); }),
        retention_(context_, sessions_, [this] { return presence_.ready(); }),
        consents_(context_, sessions_, [this] { return presence_.ready(); }),
        deliveries_(runtime.redis),
        desk_(config.xmpp_domain, link_, directory_, interpreter_, sessions_, threads_,
              deliveries_),
        notifications_(config.xmpp_domain, link_, directory_, interpreter_, deliveries_),
        outcomes_(context_),
        spool_(
            config.spool, crypto::RandomId(),
            [this](edge::v1::NotifyRequest request) {
              return notifications_.NotifyUnlessRefused(std::move(request));
            },
            [this] { return link_.IsUp(); }) {}

  void Start(XmppEdgeService& service) {
    FeedAvailability(sessions_, directory_, availability_);
    InstallFeatures(router_, context_);
    router_.OnPresence([this](Incoming incoming) { return presence_.Handle(std::move(incoming)); });
    router_.OnPresenceLost([this](const std::string& user) { presence_.Missed(user); });
    presence_.ListenToRosters([this](const std::string& user, const mail::Address& address,
                                     bool there) { in_rosters_.Heard(user, address, there); });
    presence_.Listen([this](const std::string& user) { motd_.Arrived(user); });
    presence_.Listen([this](const std::string& user) { passwords_.Arrived(user); });
    presence_.Listen([this](const std::string& user) { consents_.Arrived(user); });
    site_.Listen([this] { motd_.SiteChanged(); });
    XmppEdgeService::Parts parts = {link_, presence_, sessions_,     availability_,
                                    desk_, outcomes_, notifications_};
    service.Attach(parts);
    tasks_.Spawn("account directory", directory_.Follow());
    tasks_.Spawn("site settings", site_.Follow());
    tasks_.Spawn("contacts", presence_.KeepContacts());
    tasks_.Spawn("contacts in rosters", in_rosters_.Keep());
    tasks_.Spawn("sessions", presence_.KeepSessions());
    tasks_.Spawn("leaves", sessions_.KeepUp());
    tasks_.Spawn("message of the day", motd_.Tell());
    tasks_.Spawn("ask for passwords", passwords_.Ask());
    tasks_.Spawn("ask for consent", consents_.Ask());
    tasks_.Spawn("retain passwords at fetcher", retention_.TellFetcher());
    tasks_.Spawn("retain passwords at sender", retention_.TellSender());
    tasks_.Spawn("spooled messages", spool_.Watch());
    tasks_.Spawn("component link", link_.Run());
  }

  net::Task<void> Stop() {
    co_await router_.Close(kLastWorkLimit);
    auto goodbye = presence_.SayGoodbye();
    const absl::Status said = co_await net::WithDeadline(kGoodbyeLimit, std::move(goodbye));
    if (!said.ok()) log::Debug("no goodbye said", {{"reason", said.message()}});
    co_await link_.Close();
    co_await tasks_.Stop();
  }

  std::string NotReadyBecause() const {
    if (!link_.IsUp()) return absl::StrCat("XMPP link down: ", link_.why_down());
    if (!directory_.ready()) return "the accounts are not yet read from admin";
    if (!presence_.ready()) return "the sessions are not yet read from Redis";
    return "";
  }

 private:
  Stubs stubs_;
  std::unique_ptr<http::FileSource> files_;
  net::TaskGroup tasks_;
  AccountDirectory directory_;
  Interpreter interpreter_;
  ComponentLink link_;
  StanzaRouter router_;
  SiteSettings site_;
  ThreadStore threads_;
  PresenceSessions sessions_;
  GivenPasswords given_;
  FailedTrials failed_trials_;
  PresenceContacts contacts_;
  AvailabilityFeed availability_;
  FeatureContext context_;
  PresenceFeature presence_;
  ContactsList in_rosters_;
  Motd motd_;
  PasswordDesk passwords_;
  PasswordRetention retention_;
  ConsentDesk consents_;
  DeliveryLog deliveries_;
  DeliveryDesk desk_;
  NotificationDesk notifications_;
  OutcomeReporter outcomes_;
  SpoolWatcher spool_;
};

class XmppEdge : public process::Service {
 public:
  XmppEdge(process::Runtime& runtime, Config config)
      : runtime_(runtime), config_(std::move(config)), service_(runtime.io.get_executor()) {}

  std::string Name() const override { return "edge"; }
  grpc::Service& Rpc() override { return service_; }

  absl::Status Start(const process::Peers& peers) override {
    parts_.emplace(runtime_, config_, peers);
    parts_->Start(service_);
    return absl::OkStatus();
  }

  net::Task<void> Stop() override {
    if (parts_) co_await parts_->Stop();
  }

  std::string NotReadyBecause() const override {
    return parts_ ? parts_->NotReadyBecause() : "starting";
  }

 private:
  process::Runtime& runtime_;
  Config config_;
  XmppEdgeService service_;
  std::optional<Parts> parts_;
};

}  // namespace

std::unique_ptr<process::Service> MakeXmppEdge(process::Runtime& runtime, Config config) {
  return std::make_unique<XmppEdge>(runtime, std::move(config));
}

}  // namespace postern::xmpp_edge
