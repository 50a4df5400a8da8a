#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/sender/v1/sender.grpc.pb.h"
#include "services/sender/accounts/account_trial.h"
#include "services/sender/accounts/password_desk.h"
#include "services/sender/compose/mail_intake.h"
#include "services/sender/outbox/outbox.h"

namespace postern::sender {

// What the handlers hand calls on to; all of it outlives the service's calls.
struct Desks {
  MailIntake* intake = nullptr;
  AccountTrial* trial = nullptr;
  const AccountDirectory* accounts = nullptr;
  PasswordDesk* passwords = nullptr;
  std::function<void()> mail_due;
  std::function<void()> outcome_due;
};

// The rpcs: check, translate, delegate.
class SenderService final : public v1::SenderService::CallbackService {
 public:
  SenderService(boost::asio::any_io_executor executor, Outbox& outbox)
      : executor_(executor), outbox_(outbox) {}
  // Before the first call.
  void Use(Desks desks) { desks_ = std::move(desks); }

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const v1::SubmitRequest* request,
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
  grpc::ServerUnaryReactor* RetryQueued(grpc::CallbackServerContext* context,
                                        const v1::RetryQueuedRequest* request,
                                        v1::RetryQueuedResponse* response) override;
  grpc::ServerUnaryReactor* CancelQueued(grpc::CallbackServerContext* context,
                                         const v1::CancelQueuedRequest* request,
                                         v1::CancelQueuedResponse* response) override;

 private:
  net::Task<absl::Status> DoTryAccount(const v1::TryAccountRequest& request,
                                       v1::TryAccountResponse& response);
  absl::Status LendPassword(admin::v1::Account& settings) const;
  net::Task<absl::Status> DoHoldPassword(const v1::HoldPasswordRequest& request);
  net::Task<absl::Status> DoRetainPasswords(const v1::RetainPasswordsRequest& request);
  net::Task<absl::Status> DoListQueue(const v1::ListQueueRequest& request,
                                      v1::ListQueueResponse& response);
  net::Task<absl::Status> DoRetryQueued(const v1::RetryQueuedRequest& request,
                                        v1::RetryQueuedResponse& response);
  net::Task<absl::Status> RetryAll(v1::RetryQueuedResponse& response);
  net::Task<absl::Status> DoCancelQueued(const v1::CancelQueuedRequest& request);

  boost::asio::any_io_executor executor_;
  Outbox& outbox_;
  Desks desks_;
};

}  // namespace postern::sender
