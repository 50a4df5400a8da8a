#include "services/admin/service_status.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "lib/rpc/unary.h"

namespace postern::admin {
namespace {

namespace health = grpc::health::v1;

constexpr std::chrono::seconds kLimit(2);

net::Task<absl::StatusOr<health::HealthCheckResponse>> Check(std::shared_ptr<grpc::Channel> channel,
                                                             std::string service) {
  std::unique_ptr<health::Health::StubInterface> stub = health::Health::NewStub(channel);
  health::HealthCheckRequest request;
  request.set_service(service);
  co_return co_await rpc::Call(stub->async(),
                               &health::Health::StubInterface::async_interface::Check,
                               std::move(request), kLimit);
}

std::string DetailOf(const absl::StatusOr<health::HealthCheckResponse>& answer) {
  if (absl::IsDeadlineExceeded(answer.status())) {
    return absl::StrCat("no answer within ", kLimit.count(), " s");
  }
  if (!answer.ok()) return std::string(answer.status().message());
  if (answer->status() == health::HealthCheckResponse::SERVING) return "";
  return answer->detail().empty() ? "it runs, but is not ready" : answer->detail();
}

net::Task<v1::GetStatusResponse::Service> Ask(std::string name,
                                              std::shared_ptr<grpc::Channel> channel) {
  v1::GetStatusResponse::Service service;
  service.set_name(name);
  if (!channel) {
    service.set_detail("its address is not configured");
    co_return service;
  }
  auto answer = co_await Check(channel, name);
  // A process that knows no such name speaks for itself as a whole.
  if (absl::IsNotFound(answer.status())) answer = co_await Check(channel, "");
  service.set_detail(DetailOf(answer));
  service.set_serving(service.detail().empty());
  co_return service;
}

}  // namespace

net::Task<v1::GetStatusResponse> AskPeers(const PeerServices& peers) {
  using boost::asio::experimental::awaitable_operators::operator&&;
  auto [edge, fetcher, rules, sender] =
      co_await (Ask("edge", peers.edge.channel) && Ask("fetcher", peers.fetcher.channel) &&
                Ask("rules", peers.rules.channel) && Ask("sender", peers.sender.channel));
  v1::GetStatusResponse status;
  *status.add_services() = std::move(edge);
  *status.add_services() = std::move(fetcher);
  *status.add_services() = std::move(rules);
  *status.add_services() = std::move(sender);
  co_return status;
}

}  // namespace postern::admin
