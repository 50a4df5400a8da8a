// The calls of AdminServiceImpl for how accounts send.
#include <utility>

#include "lib/rpc/serve.h"
#include "services/admin/admin_service.h"

namespace postern::admin {

grpc::ServerUnaryReactor* AdminServiceImpl::SetSending(Context* context,
                                                       const v1::SetSendingRequest* request,
                                                       v1::SetSendingResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return ChangeSending(*request, *response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::SetRoute(Context* context,
                                                     const v1::SetRouteRequest* request,
                                                     v1::SetRouteResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return ChangeRoute(*request, *response); });
}

net::Task<absl::Status> AdminServiceImpl::ChangeSending(const v1::SetSendingRequest& request,
                                                        v1::SetSendingResponse& response) {
  auto account = co_await parts_.accounts.SetSending(request);
  if (!account.ok()) co_return account.status();
  *response.mutable_account() = *std::move(account);
  co_return absl::OkStatus();
}

net::Task<absl::Status> AdminServiceImpl::ChangeRoute(const v1::SetRouteRequest& request,
                                                      v1::SetRouteResponse& response) {
  auto account = co_await parts_.accounts.SetRoute(request);
  if (!account.ok()) co_return account.status();
  *response.mutable_account() = *std::move(account);
  co_return absl::OkStatus();
}

}  // namespace postern::admin
