#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <optional>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.grpc.pb.h"
#include "services/xmpp-edge/availability.h"
#include "services/xmpp-edge/delivery_desk.h"
#include "services/xmpp-edge/features/presence.h"
#include "services/xmpp-edge/notification_desk.h"
#include "services/xmpp-edge/outcome.h"

namespace postern::xmpp_edge {

// The gRPC face: checks, and hands on.
class XmppEdgeService : public edge::v1::EdgeService::CallbackService {
 public:
  // What the calls are handed to. All of it outlives the service.
  struct Parts {
    StanzaSink& sink;
    const PresenceFeature& presence;
    const PresenceSessions& sessions;
    AvailabilityFeed& availability;
    DeliveryDesk& desk;
    OutcomeReporter& outcomes;
    NotificationDesk& notifications;
  };

  // Mails that wait for a slow link at once; who brings more is told to come again.
  // They lie in their mailboxes meanwhile, not in our memory.
  static constexpr size_t kMaxDeliveringBytes = 64 * 1024 * 1024;

  explicit XmppEdgeService(boost::asio::any_io_executor executor);
  // Before the executor runs: a service is registered earlier than its parts can be made.
  void Attach(Parts parts) { parts_.emplace(parts); }

  grpc::ServerUnaryReactor* Deliver(grpc::CallbackServerContext* context,
                                    const edge::v1::DeliverRequest* request,
                                    edge::v1::DeliverResponse* response) override;
  grpc::ServerUnaryReactor* ListAvailability(grpc::CallbackServerContext* context,
                                             const edge::v1::ListAvailabilityRequest* request,
                                             edge::v1::ListAvailabilityResponse* response) override;
  grpc::ServerUnaryReactor* ReportOutcome(grpc::CallbackServerContext* context,
                                          const edge::v1::ReportOutcomeRequest* request,
                                          edge::v1::ReportOutcomeResponse* response) override;
  grpc::ServerUnaryReactor* ReportOutcomes(grpc::CallbackServerContext* context,
                                           const edge::v1::ReportOutcomesRequest* request,
                                           edge::v1::ReportOutcomesResponse* response) override;
  grpc::ServerUnaryReactor* ListSessions(grpc::CallbackServerContext* context,
                                         const edge::v1::ListSessionsRequest* request,
                                         edge::v1::ListSessionsResponse* response) override;
  grpc::ServerUnaryReactor* Notify(grpc::CallbackServerContext* context,
                                   const edge::v1::NotifyRequest* request,
                                   edge::v1::NotifyResponse* response) override;

 private:
  net::Task<absl::Status> DoNotify(const edge::v1::NotifyRequest& request);
  net::Task<absl::Status> DoDeliver(const edge::v1::DeliverRequest& request,
                                    edge::v1::DeliverResponse& response);
  net::Task<absl::Status> DoListAvailability(const edge::v1::ListAvailabilityRequest& request,
                                             edge::v1::ListAvailabilityResponse& response);
  net::Task<absl::Status> DoReportOutcome(const edge::v1::ReportOutcomeRequest& request);
  net::Task<absl::Status> DoReportOutcomes(const edge::v1::ReportOutcomesRequest& request);
  net::Task<absl::Status> DoListSessions(edge::v1::ListSessionsResponse& response);

  boost::asio::any_io_executor executor_;
  std::optional<Parts> parts_;
  size_t delivering_bytes_ = 0;
};

}  // namespace postern::xmpp_edge
