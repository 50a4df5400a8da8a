#include "services/sender/sender_service.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/serve.h"
#include "lib/words/wording.h"
#include "services/sender/accounts/account_feed.h"

namespace postern::sender {
namespace {

// Leaves no copy in the request, which lives until the call is over.
template <class Request>
crypto::Secret TakePassword(const Request& request) {
  std::string& text = *const_cast<Request&>(request).mutable_password();
  crypto::Secret password(text);
  crypto::Wipe(text);
  return password;
}

}  // namespace

grpc::ServerUnaryReactor* SenderService::Submit(grpc::CallbackServerContext* context,
                                                const v1::SubmitRequest* request,
                                                v1::SubmitResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return desks_.intake->Submit(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::SubmitCopy(grpc::CallbackServerContext* context,
                                                    const v1::SubmitCopyRequest* request,
                                                    v1::SubmitResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return desks_.intake->SubmitCopy(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::TryAccount(grpc::CallbackServerContext* context,
                                                    const v1::TryAccountRequest* request,
                                                    v1::TryAccountResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoTryAccount(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::HoldPassword(grpc::CallbackServerContext* context,
                                                      const v1::HoldPasswordRequest* request,
                                                      v1::HoldPasswordResponse*) {
  return rpc::Serve(executor_, context, [=, this] { return DoHoldPassword(*request); });
}

grpc::ServerUnaryReactor* SenderService::RetainPasswords(grpc::CallbackServerContext* context,
                                                         const v1::RetainPasswordsRequest* request,
                                                         v1::RetainPasswordsResponse*) {
  return rpc::Serve(executor_, context, [=, this] { return DoRetainPasswords(*request); });
}

grpc::ServerUnaryReactor* SenderService::ListQueue(grpc::CallbackServerContext* context,
                                                   const v1::ListQueueRequest* request,
                                                   v1::ListQueueResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return desks_.queue->List(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::ShowQueued(grpc::CallbackServerContext* context,
                                                    const v1::ShowQueuedRequest* request,
                                                    v1::ShowQueuedResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return desks_.queue->Show(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::RetryQueued(grpc::CallbackServerContext* context,
                                                     const v1::RetryQueuedRequest* request,
                                                     v1::RetryQueuedResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return desks_.queue->Retry(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::HoldQueued(grpc::CallbackServerContext* context,
                                                    const v1::HoldQueuedRequest* request,
                                                    v1::HoldQueuedResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return desks_.queue->Hold(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::CancelQueued(grpc::CallbackServerContext* context,
                                                      const v1::CancelQueuedRequest* request,
                                                      v1::CancelQueuedResponse*) {
  return rpc::Serve(executor_, context, [=, this] { return desks_.queue->Cancel(*request); });
}

grpc::ServerUnaryReactor* SenderService::ListWaiting(grpc::CallbackServerContext* context,
                                                     const v1::ListWaitingRequest* request,
                                                     v1::ListWaitingResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return desks_.queue->Waiting(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::ListRoutes(grpc::CallbackServerContext* context,
                                                    const v1::ListRoutesRequest*,
                                                    v1::ListRoutesResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return desks_.routes->List(*response); });
}

net::Task<absl::Status> SenderService::DoTryAccount(const v1::TryAccountRequest& request,
                                                    v1::TryAccountResponse& response) {
  crypto::Secret password = TakePassword(request);
  if (!Sends(request.account())) {
    co_return absl::InvalidArgumentError("account.type: must be SMTP or GLOBAL_SMTP");
  }
  admin::v1::Account settings = request.account();
  if (password.empty()) {
    const absl::Status lent = LendPassword(settings);
    if (!lent.ok()) {
      response.set_field("password");
      *response.mutable_problem() = rpc::ToProto(*words::WordingOf(lent));
      co_return absl::OkStatus();
    }
  }
  auto result = co_await desks_.trial->Try(std::move(settings), std::move(password));
  if (!result.ok()) co_return result.status();
  response.set_field(result->field);
  if (!result->problem.empty()) *response.mutable_problem() = rpc::ToProto(result->problem);
  co_return absl::OkStatus();
}

// Who asks has no stored passwords: that of an account of theirs is known here, stored or
// held. It is lent for its own use alone.
absl::Status SenderService::LendPassword(admin::v1::Account& settings) const {
  settings.clear_sealed_password();
  const Account* known = desks_.accounts->Find(settings.id());
  if (known == nullptr || known->owner != settings.owner()) {
    settings.clear_id();  // nothing is held under it
    return absl::OkStatus();
  }
  settings.set_sealed_password(known->sealed_password);
  const Account wanted = ToAccount(settings);
  // Who signs in nowhere, or as the operator, needs none.
  if (wanted.login.empty() || wanted.by_site_relay) return absl::OkStatus();
  return crypto::CheckPasswordUse(UseOf(*known), UseOf(wanted));
}

net::Task<absl::Status> SenderService::DoHoldPassword(const v1::HoldPasswordRequest& request) {
  crypto::Secret password = TakePassword(request);
  co_return co_await desks_.passwords->Hold(request.account_id(), std::move(password));
}

net::Task<absl::Status> SenderService::DoRetainPasswords(
    const v1::RetainPasswordsRequest& request) {
  const absl::flat_hash_set<std::string> users(request.users().begin(), request.users().end());
  desks_.passwords->Retain(users);
  co_return absl::OkStatus();
}

}  // namespace postern::sender
