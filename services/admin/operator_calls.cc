// The calls of AdminServiceImpl that other services answer.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/rpc/serve.h"
#include "services/admin/admin_service.h"
#include "services/admin/bare_jid.h"

namespace postern::admin {
namespace {

using Edge = edge::v1::EdgeService::StubInterface::async_interface;
using Fetcher = fetcher::v1::FetcherService::StubInterface::async_interface;
using Rules = rules::v1::RulesService::StubInterface::async_interface;
using Sender = sender::v1::SenderService::StubInterface::async_interface;

constexpr char kOperator[] = "operator";

// Which mails an operator meant.
std::string SubjectOf(const std::string& queue_id, const sender::v1::QueueFilter& filter) {
  if (!queue_id.empty()) return queue_id;
  std::vector<std::string> parts;
  if (!filter.account_id().empty()) parts.push_back(absl::StrCat("account ", filter.account_id()));
  if (!filter.owner().empty()) parts.push_back(absl::StrCat("owner ", filter.owner()));
  if (!filter.domain().empty()) parts.push_back(absl::StrCat("domain ", filter.domain()));
  if (filter.state() != sender::v1::QUEUE_STATE_UNSPECIFIED) {
    parts.push_back(absl::StrCat("state ", sender::v1::QueueState_Name(filter.state())));
  }
  return parts.empty() ? "all waiting" : absl::StrJoin(parts, ", ");
}

}  // namespace

net::Task<absl::Status> AdminServiceImpl::Audited(net::Task<absl::Status> call, AuditEntry entry) {
  absl::Status status = co_await std::move(call);
  if (status.ok()) co_await parts_.audit.Append(std::move(entry));
  co_return status;
}

net::Task<absl::Status> AdminServiceImpl::Afresh(std::string scope, net::Task<absl::Status> call) {
  auto user = NormalizeBareJid("user", scope);
  if (user.ok()) {
    if (auto s = co_await parts_.departures.Settle(*user); !s.ok()) co_return s;
  }
  co_return co_await std::move(call);
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

grpc::ServerUnaryReactor* AdminServiceImpl::ShowQueued(Context* context,
                                                       const sender::v1::ShowQueuedRequest* request,
                                                       sender::v1::ShowQueuedResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Show(*request, *response); });
}

// The sender knows no names of accounts.
net::Task<absl::Status> AdminServiceImpl::Show(const sender::v1::ShowQueuedRequest& request,
                                               sender::v1::ShowQueuedResponse& response) {
  absl::Status s = co_await Forward(peers_.sender, &Sender::ShowQueued, request, response);
  if (!s.ok()) co_return s;
  v1::ListAccountsRequest of_owner;
  of_owner.set_owner(response.mail().owner());
  auto accounts = co_await parts_.accounts.List(std::move(of_owner));
  if (!accounts.ok()) co_return absl::OkStatus();  // the rest is worth showing
  for (const v1::Account& account : *accounts) {
    if (account.id() != response.mail().account_id()) continue;
    response.set_account(absl::StrCat(account.owner(), "/", account.name()));
  }
  co_return absl::OkStatus();
}

grpc::ServerUnaryReactor* AdminServiceImpl::HoldQueued(Context* context,
                                                       const sender::v1::HoldQueuedRequest* request,
                                                       sender::v1::HoldQueuedResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, request->release() ? "release mail" : "hold mail",
                     SubjectOf(request->queue_id(), request->filter()), ""};
    return Audited(Forward(peers_.sender, &Sender::HoldQueued, *request, *response), entry);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::RetryQueued(
    Context* context, const sender::v1::RetryQueuedRequest* request,
    sender::v1::RetryQueuedResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "retry mail", SubjectOf(request->queue_id(), request->filter()),
                     ""};
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
    return Audited(Afresh(request->scope(), std::move(call)), std::move(entry));
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListRules(Context* context,
                                                      const rules::v1::ListRulesRequest* request,
                                                      rules::v1::ListRulesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.rules, &Rules::ListRules, *request, *response);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ActivateRules(
    Context* context, const rules::v1::ActivateRulesRequest* request,
    rules::v1::ActivateRulesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "activate rules", request->scope(), request->name()};
    return Audited(Forward(peers_.rules, &Rules::ActivateRules, *request, *response), entry);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::RenameRules(
    Context* context, const rules::v1::RenameRulesRequest* request,
    rules::v1::RenameRulesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "rename rules", request->scope(),
                     absl::StrCat(request->name(), " -> ", request->new_name())};
    return Audited(Forward(peers_.rules, &Rules::RenameRules, *request, *response), entry);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::RemoveRules(
    Context* context, const rules::v1::RemoveRulesRequest* request,
    rules::v1::RemoveRulesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "remove rules", request->scope(), request->name()};
    return Audited(Forward(peers_.rules, &Rules::RemoveRules, *request, *response), entry);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ChangeList(Context* context,
                                                       const rules::v1::ChangeListRequest* request,
                                                       rules::v1::ChangeListResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "change list", request->user().empty() ? "site" : request->user(),
                     request->list()};
    auto call = Forward(peers_.rules, &Rules::ChangeList, *request, *response);
    return Audited(Afresh(request->user(), std::move(call)), std::move(entry));
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ShowLists(Context* context,
                                                      const rules::v1::ShowListsRequest* request,
                                                      rules::v1::ShowListsResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.rules, &Rules::ShowLists, *request, *response);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::CreateScriptPassword(
    Context* context, const rules::v1::CreateScriptPasswordRequest* request,
    rules::v1::CreateScriptPasswordResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "create script password", request->user(), ""};
    auto call = Forward(peers_.rules, &Rules::CreateScriptPassword, *request, *response);
    return Audited(Afresh(request->user(), std::move(call)), std::move(entry));
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::RevokeScriptPassword(
    Context* context, const rules::v1::RevokeScriptPasswordRequest* request,
    rules::v1::RevokeScriptPasswordResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    AuditEntry entry{kOperator, "revoke script password", request->user(), ""};
    return Audited(Forward(peers_.rules, &Rules::RevokeScriptPassword, *request, *response), entry);
  });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListRunnerPrograms(
    Context* context, const runner::v1::ListProgramsRequest* request,
    runner::v1::ListProgramsResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] {
    return Forward(peers_.rules, &Rules::ListRunnerPrograms, *request, *response);
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
