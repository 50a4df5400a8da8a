#include "lib/process/health_service.h"

#include <utility>

#include "lib/rpc/serve.h"

namespace postern::process {

namespace v1 = grpc::health::v1;

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const v1::HealthCheckRequest* request,
                                               v1::HealthCheckResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return Answer(*request, *response); });
}

net::Task<absl::Status> HealthService::Answer(const v1::HealthCheckRequest& request,
                                              v1::HealthCheckResponse& response) {
  std::optional<std::string> why = not_ready_(request.service());
  if (!why) co_return absl::NotFoundError("there is no such service in this process");
  response.set_status(why->empty() ? v1::HealthCheckResponse::SERVING
                                   : v1::HealthCheckResponse::NOT_SERVING);
  response.set_detail(*std::move(why));
  co_return absl::OkStatus();
}

}  // namespace postern::process
