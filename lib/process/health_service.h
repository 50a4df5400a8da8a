#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "lib/net/task.h"

namespace postern::process {

// The standard health service (grpc.health.v1, without Watch), which also tells why
// something is not ready. It answers on the process's own thread: one that hangs is
// not serving.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // Why the service of that name, or the process ("") is not ready; "" when it is,
  // nothing when there is no such service.
  using NotReady = std::function<std::optional<std::string>(const std::string& name)>;

  HealthService(boost::asio::any_io_executor executor, NotReady not_ready)
      : executor_(executor), not_ready_(std::move(not_ready)) {}

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;

 private:
  net::Task<absl::Status> Answer(const grpc::health::v1::HealthCheckRequest& request,
                                 grpc::health::v1::HealthCheckResponse& response);

  boost::asio::any_io_executor executor_;
  NotReady not_ready_;
};

}  // namespace postern::process
