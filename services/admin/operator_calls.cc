// The calls of AdminServiceImpl that other services answer.
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/rpc/serve.h"
#include "services/admin/admin_service.h"

namespace postern::admin {
namespace {

using Edge = edge::v1::EdgeService::StubInterface::async_interface;
using Fetcher = fetcher::v1::FetcherService::StubInterface::async_interface;
using Rules = rules::v1::RulesService::StubInterface::async_interface;
using Sender = sender::v1::SenderService::StubInterface::async_interface;

constexpr char kOperator[] = "operator";

}  // namespace

net::Task<absl::Status> AdminServiceImpl::Audited(net::Task<absl::Status> call, AuditEntry entry) {
  absl::Status status = co_await std::move(call);
  if (status.ok()) co_await parts_.audit.Append(std::move(entry));
  co_return status;
}

grpc::ServerUnaryReactor* AdminServiceImpl::CheckAccount(
    Context* context, const fetcher::v1::CheckAccountRequest* request,
    fetcher::v1::CheckAccountResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.fetcher, &Fetcher::CheckAccount, *request, *response);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListWatches(
    Context* context, const fetcher::v1::ListWatchesRequest* request,
    fetcher::v1::ListWatchesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.fetcher, &Fetcher::ListWatches, *request, *response);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListQueue(Context* context,
                                                      const sender::v1::ListQueueRequest* request,
                                                      sender::v1::ListQueueResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.sender, &Sender::ListQueue, *request, *response);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::RetryQueued(
    Context* context, const sender::v1::RetryQueuedRequest* request,
    sender::v1::RetryQueuedResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "retry mail", request->queue_id(), ""};
    if (entry.subject.empty()) entry.subject = "all waiting";
    return Audited(Forward(peers_.sender, &Sender::RetryQueued, *request, *response), entry);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::CancelQueued(
    Context* context, const sender::v1::CancelQueuedRequest* request,
    sender::v1::CancelQueuedResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "cancel mail", request->queue_id(), ""};
    return Audited(Forward(peers_.sender, &Sender::CancelQueued, *request, *response), entry);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListRoutes(Context* context,
                                                       const sender::v1::ListRoutesRequest* request,
                                                       sender::v1::ListRoutesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.sender, &Sender::ListRoutes, *request, *response);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ImportRules(
    Context* context, const rules::v1::ImportRulesRequest* request,
    rules::v1::ImportRulesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    auto call = Forward(peers_.rules, &Rules::ImportRules, *request, *response);
    if (request->dry_run()) return call;
    AuditEntry entry{kOperator, request->source().empty() ? "remove rules" : "import rules",
                     request->scope(), request->file_name()};
    return Audited(std::move(call), std::move(entry));
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListRules(Context* context,
                                                      const rules::v1::ListRulesRequest* request,
                                                      rules::v1::ListRulesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.rules, &Rules::ListRules, *request, *response);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListDecisions(
    Context* context, const rules::v1::ListDecisionsRequest* request,
    rules::v1::ListDecisionsResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.rules, &Rules::ListDecisions, *request, *response);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListSessions(
    Context* context, const edge::v1::ListSessionsRequest* request,
    edge::v1::ListSessionsResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.edge, &Edge::ListSessions, *request, *response);
  });
}

}  // namespace postern::admin
