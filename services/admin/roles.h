#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/admin/audit_log.h"

namespace postern::admin {

// What users may do beyond their own accounts: those of --admins are operators, others have the
// role that was set for them, in Redis (postern:user:{accounts}:roles, bare JID -> "operator" or
// "redirector"). Users without an account here may have one.
class Roles {
 public:
  static constexpr int kMost = 10'000;

  Roles(store::RedisClient& redis, AuditLog& audit, std::vector<std::string> admins)
      : redis_(redis), audit_(audit), admins_(std::move(admins)) {}

  // USER takes the role away. kResourceExhausted: too many have one. kFailedPrecondition: who is
  // one of --admins stays it.
  net::Task<absl::Status> Set(v1::SetRoleRequest request);
  // By user.
  net::Task<absl::StatusOr<v1::ListRolesResponse>> List();
  // kPermissionDenied: who asks is no operator.
  net::Task<absl::Status> BeginCommand(v1::BeginOperatorCommandRequest request);

 private:
  net::Task<absl::StatusOr<v1::Role>> Of(std::string user);
  bool IsAdmin(const std::string& user) const;

  store::RedisClient& redis_;
  AuditLog& audit_;
  const std::vector<std::string> admins_;
};

}  // namespace postern::admin
