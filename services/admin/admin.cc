#include "services/admin/admin.h"

#include <utility>

#include "absl/strings/str_join.h"
#include "lib/process/log.h"
#include "services/admin/account_store.h"
#include "services/admin/accounts.h"
#include "services/admin/admin_service.h"
#include "services/admin/audit_log.h"
#include "services/admin/change_feed.h"
#include "services/admin/site.h"

namespace postern::admin {
namespace {

class Admin final : public process::Service {
 public:
  Admin(process::Runtime& runtime, Config config)
      : redis_(runtime.redis),
        admins_(std::move(config.admins)),
        store_(runtime.redis, AccountStore::Limits()),
        feed_(runtime.io.get_executor(), store_),
        accounts_(store_, feed_, std::move(config.box), config.relay),
        site_(std::move(config.welcome), std::move(config.motd), config.relay),
        audit_(runtime.redis),
        service_(AdminServiceImpl::Parts{runtime.io.get_executor(), accounts_, feed_, site_, audit_,
                                         [this] { return NotReadyBecause(); }}) {}

  std::string Name() const override { return "admin"; }
  grpc::Service& Rpc() override { return service_; }

  absl::Status Start(const process::Peers& peers) override {
    service_.Connect(peers);
    if (!admins_.empty()) log::Info("administrators", {{"jids", absl::StrJoin(admins_, ",")}});
    return absl::OkStatus();
  }

  net::Task<void> Stop() override { co_await feed_.Close(); }

  std::string NotReadyBecause() const override { return redis_.connected() ? "" : "redis is away"; }

 private:
  store::RedisClient& redis_;
  std::vector<std::string> admins_;
  AccountStore store_;
  ChangeFeed feed_;
  Accounts accounts_;
  Site site_;
  AuditLog audit_;
  AdminServiceImpl service_;
};

}  // namespace

std::unique_ptr<process::Service> MakeAdmin(process::Runtime& runtime, Config config) {
  return std::make_unique<Admin>(runtime, std::move(config));
}

}  // namespace postern::admin
