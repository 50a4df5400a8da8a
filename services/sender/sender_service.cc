#include "services/sender/sender_service.h"

#include <algorithm>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/serve.h"

namespace postern::sender {
namespace {

auto& submitted = metrics::Counter("postern_sender_submitted_total", "Mails taken into the queue");

constexpr size_t kMaxContextBytes = 4096, kMaxKeyBytes = 4096;
constexpr size_t kPage = 1000, kMaxListed = 10'000;
constexpr char kCancelled[] = "cancelled by the operator";

template <class Repeated>
std::vector<mail::Address> Addresses(const Repeated& protos) {
  std::vector<mail::Address> addresses;
  for (const auto& proto : protos) addresses.push_back(rpc::FromProto(proto));
  return addresses;
}

absl::StatusOr<Draft> ToDraft(const v1::Draft& proto, const Account& account) {
  Draft draft;
  if (proto.has_from()) {
    draft.from = rpc::FromProto(proto.from());
  } else {
    auto from = mail::ParseAddress(account.default_from);
    if (!from.ok()) {
      return absl::InvalidArgumentError(
          "the account has no usable From address; enter one in the account's settings");
    }
    draft.from = *std::move(from);
  }
  draft.to = Addresses(proto.to());
  draft.cc = Addresses(proto.cc());
  draft.bcc = Addresses(proto.bcc());
  draft.subject = proto.subject();
  draft.text = proto.text();
  draft.in_reply_to = proto.in_reply_to();
  draft.references.assign(proto.references().begin(), proto.references().end());
  return draft;
}

absl::Status Check(const v1::SubmitRequest& request) {
  const size_t key_bytes = request.idempotency_key().size();
  if (key_bytes == 0) return absl::InvalidArgumentError("idempotency_key: missing");
  if (key_bytes > kMaxKeyBytes) return absl::InvalidArgumentError("idempotency_key: too long");
  if (request.context().size() > kMaxContextBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("context: more than ", kMaxContextBytes, " bytes"));
  }
  return absl::OkStatus();
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
  return rpc::Serve(executor_, context, [=, this] { return DoSubmit(*request, *response); });
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

net::Task<absl::StatusOr<Account>> SenderService::AccountFor(const v1::SubmitRequest& request) {
  const std::string& id = request.account_id();
  if (!accounts_.loaded() || accounts_.Find(id) == nullptr) {
    absl::Status s = co_await background_.catch_up();
    if (!s.ok() && !accounts_.loaded()) {
      co_return absl::UnavailableError("the accounts are not known yet; try again soon");
    }
  }
  const Account* account = accounts_.Find(id);
  if (account == nullptr || account->owner != request.owner()) {
    co_return absl::NotFoundError("there is no such SMTP account");
  }
  if (!account->enabled) {
    co_return absl::FailedPreconditionError("the SMTP account is disabled");
  }
  co_return *account;
}

net::Task<absl::Status> SenderService::DoSubmit(const v1::SubmitRequest& request,
                                                v1::SubmitResponse& response) {
  if (absl::Status s = Check(request); !s.ok()) co_return s;
  auto account = co_await AccountFor(request);
  if (!account.ok()) co_return account.status();
  auto draft = ToDraft(request.draft(), *account);
  if (!draft.ok()) co_return draft.status();

  Submission submission;
  submission.key = absl::StrCat(request.owner(), "\n", request.idempotency_key());
  submission.account_id = account->id;
  submission.owner = account->owner;
  submission.context = request.context();
  auto composed = Compose(*draft, submission.key, std::time(nullptr));
  if (!composed.ok()) co_return composed.status();
  submission.mail = *std::move(composed);
  const uint64_t size = submission.mail.envelope.size;

  auto receipt = co_await outbox_.Put(std::move(submission));
  if (!receipt.ok()) co_return receipt.status();
  response.set_queue_id(receipt->queue_id);
  response.set_message_id(receipt->message_id);
  response.set_duplicate(receipt->duplicate);
  if (!receipt->duplicate) submitted.Increment();
  log::Info("mail taken for delivery", {{"mail", receipt->queue_id},
                                        {"account", account->id},
                                        {"message_id", receipt->message_id},
                                        {"size", size},
                                        {"duplicate", receipt->duplicate ? "yes" : "no"}});
  background_.mail_due();
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
  background_.mail_due();
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
  background_.mail_due();
  co_return absl::OkStatus();
}

net::Task<absl::Status> SenderService::DoCancelQueued(const v1::CancelQueuedRequest& request) {
  absl::Status s = co_await outbox_.Cancel(request.queue_id(), kCancelled);
  if (s.ok()) {
    log::Info("mail cancelled by the operator", {{"mail", request.queue_id()}});
    background_.outcome_due();
  }
  co_return s;
}

}  // namespace postern::sender
