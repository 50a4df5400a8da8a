#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <utility>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/sender/v1/sender.grpc.pb.h"
#include "services/sender/accounts/account_trial.h"
#include "services/sender/accounts/password_desk.h"
#include "services/sender/compose/mail_intake.h"
#include "services/sender/outbox/queue_desk.h"
#include "services/sender/routes/route_desk.h"

namespace postern::sender {

// What the handlers hand calls on to; all of it outlives the service's calls.
struct Desks {
  MailIntake* intake = nullptr;
  AccountTrial* trial = nullptr;
  const AccountDirectory* accounts = nullptr;
  PasswordDesk* passwords = nullptr;
  QueueDesk* queue = nullptr;
  const RouteDesk* routes = nullptr;
};

// The rpcs: check, translate, delegate.
class SenderService final : public v1::SenderService::CallbackService {
 public:
  explicit SenderService(boost::asio::any_io_executor executor) : executor_(executor) {}
  // Before the first call.
  void Use(Desks desks) { desks_ = std::move(desks); }

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override;
  grpc::ServerUnaryReactor* SubmitCopy(grpc::CallbackServerContext* context,
                                       const v1::SubmitCopyRequest* request,
                                       v1::SubmitResponse* response) override;
  grpc::ServerUnaryReactor* TryAccount(grpc::CallbackServerContext* context,
                                       const v1::TryAccountRequest* request,
                                       v1::TryAccountResponse* response) override;
  grpc::ServerUnaryReactor* HoldPassword(grpc::CallbackServerContext* context,
                                         const v1::HoldPasswordRequest* request,
                                         v1::HoldPasswordResponse* response) override;
  grpc::ServerUnaryReactor* RetainPasswords(grpc::CallbackServerContext* context,
                                            const v1::RetainPasswordsRequest* request,
                                            v1::RetainPasswordsResponse* response) override;
  grpc::ServerUnaryReactor* ListQueue(grpc::CallbackServerContext* context,
                                      const v1::ListQueueRequest* request,
                                      v1::ListQueueResponse* response) override;
  grpc::ServerUnaryReactor* ShowQueued(grpc::CallbackServerContext* context,
                                       const v1::ShowQueuedRequest* request,
                                       v1::ShowQueuedResponse* response) override;
  grpc::ServerUnaryReactor* RetryQueued(grpc::CallbackServerContext* context,
                                        const v1::RetryQueuedRequest* request,
                                        v1::RetryQueuedResponse* response) override;
  grpc::ServerUnaryReactor* HoldQueued(grpc::CallbackServerContext* context,
                                       const v1::HoldQueuedRequest* request,
                                       v1::HoldQueuedResponse* response) override;
  grpc::ServerUnaryReactor* CancelQueued(grpc::CallbackServerContext* context,
                                         const v1::CancelQueuedRequest* request,
                                         v1::CancelQueuedResponse* response) override;
  grpc::ServerUnaryReactor* ListWaiting(grpc::CallbackServerContext* context,
                                        const v1::ListWaitingRequest* request,
                                        v1::ListWaitingResponse* response) override;
  grpc::ServerUnaryReactor* ListRoutes(grpc::CallbackServerContext* context,
                                       const v1::ListRoutesRequest* request,
                                       v1::ListRoutesResponse* response) override;

 private:
  net::Task<absl::Status> DoTryAccount(const v1::TryAccountRequest& request,
                                       v1::TryAccountResponse& response);
  absl::Status LendPassword(admin::v1::Account& settings) const;
  net::Task<absl::Status> DoHoldPassword(const v1::HoldPasswordRequest& request);
  net::Task<absl::Status> DoRetainPasswords(const v1::RetainPasswordsRequest& request);

  boost::asio::any_io_executor executor_;
  Desks desks_;
};

}  // namespace postern::sender
