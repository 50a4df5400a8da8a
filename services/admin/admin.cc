#include "services/admin/admin.h"

#include <utility>

#include "lib/net/task_group.h"
#include "services/admin/account_store.h"
#include "services/admin/accounts.h"
#include "services/admin/admin_service.h"
#include "services/admin/audit_log.h"
#include "services/admin/change_feed.h"
#include "services/admin/departures.h"
#include "services/admin/oauth2/oauth2.h"
#include "services/admin/relay_senders.h"
#include "services/admin/roles.h"
#include "services/admin/site.h"

namespace postern::admin {
namespace {

class Admin final : public process::Service {
 public:
  Admin(process::Runtime& runtime, Config config)
      : redis_(runtime.redis),
        store_(runtime.redis, AccountStore::Limits()),
        feed_(runtime.io.get_executor(), store_),
        relay_(config.relay),
        box_(std::move(config.box)),
        departures_(runtime.io.get_executor(), runtime.redis),
        accounts_(store_, feed_, departures_, box_, config.relay, config.oauth2.providers),
        site_(std::move(config.welcome), std::move(config.motd), config.relay,
              config.oauth2.providers),
        audit_(runtime.redis),
        roles_(runtime.redis, audit_, std::move(config.admins)),
        senders_(store_, feed_, config.relay),
        oauth2_(OAuth2::Parts{runtime.io.get_executor(), runtime.redis, store_, feed_, box_},
                std::move(config.oauth2)),
        service_(AdminServiceImpl::Parts{runtime.io.get_executor(), accounts_, departures_, feed_,
                                         site_, audit_, relay_, oauth2_, roles_,
                                         [this] { return NotReadyBecause(); }}),
        tasks_(runtime.io.get_executor()) {}

  std::string Name() const override { return "admin"; }
  grpc::Service& Rpc() override { return service_; }

  absl::Status Start(const process::Peers& peers) override {
    service_.Connect(peers);
    departures_.Connect(peers);
    tasks_.Spawn("relay senders", senders_.Settle());
    tasks_.Spawn("departures", departures_.Run());
    return oauth2_.Start();
  }

  net::Task<void> Stop() override {
    co_await oauth2_.Stop();
    co_await tasks_.Stop();
    co_await feed_.Close();
  }

  std::string NotReadyBecause() const override { return redis_.connected() ? "" : "redis is away"; }

 private:
  store::RedisClient& redis_;
  AccountStore store_;
  ChangeFeed feed_;
  const RelayRules relay_;
  const crypto::SecretBox box_;
  Departures departures_;
  Accounts accounts_;
  Site site_;
  AuditLog audit_;
  Roles roles_;
  RelaySenders senders_;
  OAuth2 oauth2_;
  AdminServiceImpl service_;
  net::TaskGroup tasks_;  // last: its coroutines use all of the above
};

}  // namespace

std::unique_ptr<process::Service> MakeAdmin(process::Runtime& runtime, Config config) {
  return std::make_unique<Admin>(runtime, std::move(config));
}

}  // namespace postern::admin
