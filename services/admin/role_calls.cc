// The calls of AdminServiceImpl for the roles of users.
#include <utility>

#include "lib/rpc/serve.h"
#include "services/admin/admin_service.h"

namespace postern::admin {

grpc::ServerUnaryReactor* AdminServiceImpl::SetRole(Context* context,
                                                    const v1::SetRoleRequest* request,
                                                    v1::SetRoleResponse*) {
  return rpc::Serve(parts_.executor, context, [=, this] { return parts_.roles.Set(*request); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListRoles(Context* context, const v1::ListRolesRequest*,
                                                      v1::ListRolesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return RolesOfAll(*response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::BeginOperatorCommand(
    Context* context, const v1::BeginOperatorCommandRequest* request,
    v1::BeginOperatorCommandResponse*) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.roles.BeginCommand(*request); });
}

net::Task<absl::Status> AdminServiceImpl::RolesOfAll(v1::ListRolesResponse& response) {
  auto roles = co_await parts_.roles.List();
  if (!roles.ok()) co_return roles.status();
  response = *std::move(roles);
  co_return absl::OkStatus();
}

}  // namespace postern::admin
