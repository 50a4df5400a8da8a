#include "services/sender/sender_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/serve.h"
#include "lib/words/wording.h"
#include "services/sender/accounts/account_feed.h"

namespace postern::sender {
namespace {

constexpr size_t kPage = 1000, kMaxListed = 10'000;

// Leaves no copy in the request, which lives until the call is over.
template <class Request>
crypto::Secret TakePassword(const Request& request) {
  std::string& text = *const_cast<Request&>(request).mutable_password();
  crypto::Secret password(text);
  crypto::Wipe(text);
  return password;
}

v1::QueueState ToState(const std::string& state) {
  if (state == "sending") return v1::QUEUE_STATE_SENDING;
  if (state == "reporting") return v1::QUEUE_STATE_REPORTING;
  return v1::QUEUE_STATE_WAITING;
}

void FillProto(const QueuedMail& mail, v1::QueuedMail& proto) {
  proto.set_queue_id(mail.queue_id);
  proto.set_account_id(mail.account_id);
  proto.set_owner(mail.owner);
  proto.set_message_id(mail.message_id);
  for (const std::string& recipient : mail.pending) proto.add_pending_recipients(recipient);
  proto.set_size(mail.size);
  proto.set_state(ToState(mail.state));
  proto.set_attempts(mail.attempts);
  proto.set_submitted_unix(mail.submitted_ms / 1000);
  proto.set_next_attempt_unix(mail.next_attempt_ms / 1000);
  proto.set_last_error(mail.error);
}

}  // namespace

grpc::ServerUnaryReactor* SenderService::Submit(grpc::CallbackServerContext* context,
                                                const v1::SubmitRequest* request,
                                                v1::SubmitResponse* response) {
  return rpc::Serve(executor_, context,
                    [=, this] { return desks_.intake->Submit(*request, *response); });
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
  return rpc::Serve(executor_, context, [=, this] { return DoListQueue(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::RetryQueued(grpc::CallbackServerContext* context,
                                                     const v1::RetryQueuedRequest* request,
                                                     v1::RetryQueuedResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoRetryQueued(*request, *response); });
}

grpc::ServerUnaryReactor* SenderService::CancelQueued(grpc::CallbackServerContext* context,
                                                      const v1::CancelQueuedRequest* request,
                                                      v1::CancelQueuedResponse*) {
  return rpc::Serve(executor_, context, [=, this] { return DoCancelQueued(*request); });
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

net::Task<absl::Status> SenderService::DoListQueue(const v1::ListQueueRequest& request,
                                                   v1::ListQueueResponse& response) {
  if (!request.queue_id().empty()) {
    auto page = co_await outbox_.Find(request.queue_id());
    if (!page.ok()) co_return page.status();
    if (page->mails.empty()) {
      co_return absl::NotFoundError(
          absl::StrCat("no mail ", request.queue_id(), " is in the queue"));
    }
    FillProto(page->mails.front(), *response.add_mails());
    response.set_total(page->total);
    co_return absl::OkStatus();
  }
  const size_t limit = request.limit() == 0 ? kPage : std::min<size_t>(request.limit(), kMaxListed);
  for (size_t first = 0; first < limit; first += kPage) {
    auto page = co_await outbox_.List(first, std::min(kPage, limit - first));
    if (!page.ok()) co_return page.status();
    response.set_total(page->total);
    for (const QueuedMail& mail : page->mails) FillProto(mail, *response.add_mails());
    if (first + kPage >= page->total) break;
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> SenderService::DoRetryQueued(const v1::RetryQueuedRequest& request,
                                                     v1::RetryQueuedResponse& response) {
  if (request.queue_id().empty()) co_return co_await RetryAll(response);
  std::vector<std::string> one(1, request.queue_id());
  auto retried = co_await outbox_.Retry(std::move(one));
  if (!retried.ok()) co_return retried.status();
  if (*retried == 0) {
    co_return absl::NotFoundError(
        absl::StrCat("no mail ", request.queue_id(), " is waiting in the queue"));
  }
  response.set_retried(1);
  desks_.mail_due();
  co_return absl::OkStatus();
}

net::Task<absl::Status> SenderService::RetryAll(v1::RetryQueuedResponse& response) {
  uint64_t total = 1;  // until the first page tells
  for (size_t first = 0; first < total; first += kPage) {
    auto page = co_await outbox_.List(first, kPage);
    if (!page.ok()) co_return page.status();
    std::vector<std::string> ids;
    for (const QueuedMail& mail : page->mails) ids.push_back(mail.queue_id);
    auto retried = co_await outbox_.Retry(std::move(ids));
    if (!retried.ok()) co_return retried.status();
    response.set_retried(response.retried() + static_cast<uint32_t>(*retried));
    total = page->total;
  }
  desks_.mail_due();
  co_return absl::OkStatus();
}

net::Task<absl::Status> SenderService::DoCancelQueued(const v1::CancelQueuedRequest& request) {
  words::Wording why = words::Word("cancelled by the operator");
  absl::Status s = co_await outbox_.Cancel(request.queue_id(), std::move(why));
  if (s.ok()) {
    log::Info("mail cancelled by the operator", {{"mail", request.queue_id()}});
    desks_.outcome_due();
  }
  co_return s;
}

}  // namespace postern::sender
