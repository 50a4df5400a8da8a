#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/sender/v1/sender.grpc.pb.h"
#include "services/sender/account_directory.h"
#include "services/sender/mail_composer.h"
#include "services/sender/outbox.h"

namespace postern::sender {

// What the handlers need of the parts that run in the background.
struct Background {
  std::function<net::Task<absl::Status>()> catch_up;  // learn of accounts that are brand-new
  std::function<void()> mail_due;
  std::function<void()> outcome_due;
};

// The rpcs: check, translate, delegate.
class SenderService final : public v1::SenderService::CallbackService {
 public:
  SenderService(boost::asio::any_io_executor executor, Outbox& outbox,
                const AccountDirectory& accounts, Background background)
      : executor_(executor),
        outbox_(outbox),
        accounts_(accounts),
        background_(std::move(background)) {}

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override;
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
  net::Task<absl::Status> DoSubmit(const v1::SubmitRequest& request, v1::SubmitResponse& response);
  net::Task<absl::Status> DoListQueue(const v1::ListQueueRequest& request,
                                      v1::ListQueueResponse& response);
  net::Task<absl::Status> DoRetryQueued(const v1::RetryQueuedRequest& request,
                                        v1::RetryQueuedResponse& response);
  net::Task<absl::Status> RetryAll(v1::RetryQueuedResponse& response);
  net::Task<absl::Status> DoCancelQueued(const v1::CancelQueuedRequest& request);
  net::Task<absl::StatusOr<Account>> AccountFor(const v1::SubmitRequest& request);

  boost::asio::any_io_executor executor_;
  Outbox& outbox_;
  const AccountDirectory& accounts_;
  Background background_;
};

}  // namespace postern::sender
