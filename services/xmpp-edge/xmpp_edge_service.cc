#include "services/xmpp-edge/xmpp_edge_service.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/rpc/serve.h"

namespace postern::xmpp_edge {

namespace {

constexpr int kMaxReports = 64;  // edge.proto

absl::Status NotReady() {
  return absl::UnavailableError("the edge has not yet read its accounts and sessions");
}

}  // namespace

XmppEdgeService::XmppEdgeService(boost::asio::any_io_executor executor) : executor_(executor) {}

grpc::ServerUnaryReactor* XmppEdgeService::Deliver(grpc::CallbackServerContext* context,
                                                   const edge::v1::DeliverRequest* request,
                                                   edge::v1::DeliverResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoDeliver(*request, *response); });
}

grpc::ServerUnaryReactor* XmppEdgeService::ListAvailability(
    grpc::CallbackServerContext* context, const edge::v1::ListAvailabilityRequest* request,
    edge::v1::ListAvailabilityResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return DoListAvailability(*request, *response); });
}

grpc::ServerUnaryReactor* XmppEdgeService::ReportOutcome(
    grpc::CallbackServerContext* context, const edge::v1::ReportOutcomeRequest* request,
    edge::v1::ReportOutcomeResponse*) {
  return rpc::Serve(executor_, context, [=, this] { return DoReportOutcome(*request); });
}

grpc::ServerUnaryReactor* XmppEdgeService::ReportOutcomes(
    grpc::CallbackServerContext* context, const edge::v1::ReportOutcomesRequest* request,
    edge::v1::ReportOutcomesResponse*) {
  return rpc::Serve(executor_, context, [=, this] { return DoReportOutcomes(*request); });
}

grpc::ServerUnaryReactor* XmppEdgeService::ListSessions(grpc::CallbackServerContext* context,
                                                        const edge::v1::ListSessionsRequest*,
                                                        edge::v1::ListSessionsResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoListSessions(*response); });
}

grpc::ServerUnaryReactor* XmppEdgeService::Notify(grpc::CallbackServerContext* context,
                                                  const edge::v1::NotifyRequest* request,
                                                  edge::v1::NotifyResponse*) {
  return rpc::Serve(executor_, context, [=, this] { return DoNotify(*request); });
}

net::Task<absl::Status> XmppEdgeService::DoNotify(const edge::v1::NotifyRequest& request) {
  if (!parts_ || !parts_->presence.ready()) co_return NotReady();
  co_return co_await parts_->notifications.Notify(request);
}

net::Task<absl::Status> XmppEdgeService::DoDeliver(const edge::v1::DeliverRequest& request,
                                                   edge::v1::DeliverResponse& response) {
  if (!parts_ || !parts_->presence.ready()) co_return NotReady();
  const size_t bytes = request.ByteSizeLong();
  if (delivering_bytes_ > 0 && delivering_bytes_ + bytes > kMaxDeliveringBytes) {
    co_return absl::UnavailableError("too many mails wait for the XMPP server at once");
  }
  delivering_bytes_ += bytes;
  const absl::Cleanup release = [this, bytes] { delivering_bytes_ -= bytes; };
  auto answer = co_await parts_->desk.Deliver(request);
  if (!answer.ok()) co_return answer.status();
  response = *std::move(answer);
  co_return absl::OkStatus();
}

net::Task<absl::Status> XmppEdgeService::DoListAvailability(
    const edge::v1::ListAvailabilityRequest& request,
    edge::v1::ListAvailabilityResponse& response) {
  if (!parts_ || !parts_->presence.ready()) co_return NotReady();
  response = co_await parts_->availability.Changes(request);
  co_return absl::OkStatus();
}

net::Task<absl::Status> XmppEdgeService::DoReportOutcome(
    const edge::v1::ReportOutcomeRequest& request) {
  if (!parts_) co_return NotReady();
  co_return co_await parts_->outcomes.Report(request);
}

net::Task<absl::Status> XmppEdgeService::DoReportOutcomes(
    const edge::v1::ReportOutcomesRequest& request) {
  if (!parts_) co_return NotReady();
  if (request.reports_size() > kMaxReports) {
    co_return absl::InvalidArgumentError(absl::StrCat("reports: at most ", kMaxReports));
  }
  co_return co_await parts_->outcomes.ReportAll(request);
}

net::Task<absl::Status> XmppEdgeService::DoListSessions(edge::v1::ListSessionsResponse& response) {
  if (!parts_) co_return NotReady();
  for (const auto& [user, presence] : parts_->sessions.all()) {
    edge::v1::Session& session = *response.add_sessions();
    session.set_user(user);
    session.set_show(presence.Show());
    session.set_since_unix_ms(presence.since_unix_ms);
    for (const auto& [name, resource] : presence.resources) session.add_resources(name);
  }
  response.set_link_up(parts_->sink.IsUp());
  co_return absl::OkStatus();
}

}  // namespace postern::xmpp_edge
