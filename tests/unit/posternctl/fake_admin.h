#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::posternctl {

// An admin service on a loopback port that answers what the test has put into it
// and keeps what it was asked. Until `error` is cleared every call fails with it.
class FakeAdmin : public admin::v1::AdminService::Service {
  using Context = grpc::ServerContext*;
  template <class Request, class Response>
  grpc::Status Answer(const Request* request, Request& asked, Response* response,
                      const Response& prepared) {
    asked = *request;
    if (error.ok()) *response = prepared;
    return error;
  }

 public:
  FakeAdmin() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeAdmin() override { server_->Shutdown(); }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  grpc::Status error, watching_error, sending_error;
  admin::v1::ListUsersResponse users;
  admin::v1::ListAccountsRequest accounts_asked;
  admin::v1::ListAccountsResponse accounts;
  admin::v1::SetAccountEnabledRequest enabled_asked;
  admin::v1::SetWatchingRequest watching_asked;
  admin::v1::SetSendingRequest sending_asked;
  admin::v1::SetRouteRequest route_asked;
  std::vector<admin::v1::SetRoleRequest> roles_asked;
  admin::v1::ListRolesResponse roles;
  fetcher::v1::CheckAccountRequest check_asked;
  admin::v1::GetStatusResponse status;
  fetcher::v1::ListWatchesResponse watches;
  sender::v1::ListQueueRequest queue_asked;
  sender::v1::ListQueueResponse queue;
  sender::v1::ShowQueuedRequest show_asked;
  sender::v1::ShowQueuedResponse shown;
  sender::v1::HoldQueuedRequest hold_asked;
  sender::v1::HoldQueuedResponse held;
  sender::v1::RetryQueuedRequest retry_asked;
  sender::v1::RetryQueuedResponse retried;
  sender::v1::ListRoutesRequest routes_asked;
  sender::v1::ListRoutesResponse routes;
  sender::v1::CancelQueuedRequest cancel_asked;
  rules::v1::ImportRulesRequest import_asked;
  rules::v1::ImportRulesResponse imported;
  rules::v1::RemoveRulesRequest removal_asked;
  std::vector<rules::v1::ActivateRulesRequest> activations_asked;
  rules::v1::ListRulesResponse rules;
  rules::v1::ListDecisionsRequest decisions_asked;
  rules::v1::ListDecisionsResponse decisions;
  edge::v1::ListSessionsResponse sessions;
  rules::v1::CreateScriptPasswordRequest password_asked;
  rules::v1::CreateScriptPasswordResponse password;
  rules::v1::RevokeScriptPasswordRequest revocation_asked;
  grpc::Status runner_error{grpc::StatusCode::FAILED_PRECONDITION, "there is no runner"};
  runner::v1::ListProgramsResponse programs;
  admin::v1::RemoveUserRequest removal_of_user_asked;
  admin::v1::RemoveUserResponse removed;

 private:
  grpc::Status ListRunnerPrograms(Context, const runner::v1::ListProgramsRequest*,
                                  runner::v1::ListProgramsResponse* response) override {
    if (runner_error.ok()) *response = programs;
    return runner_error;
  }
  grpc::Status CreateScriptPassword(Context, const rules::v1::CreateScriptPasswordRequest* request,
                                    rules::v1::CreateScriptPasswordResponse* response) override {
    return Answer(request, password_asked, response, password);
  }
  grpc::Status RevokeScriptPassword(Context, const rules::v1::RevokeScriptPasswordRequest* request,
                                    rules::v1::RevokeScriptPasswordResponse* response) override {
    return Answer(request, revocation_asked, response, rules::v1::RevokeScriptPasswordResponse());
  }
  grpc::Status RemoveUser(Context, const admin::v1::RemoveUserRequest* request,
                          admin::v1::RemoveUserResponse* response) override {
    return Answer(request, removal_of_user_asked, response, removed);
  }
  grpc::Status ListUsers(Context, const admin::v1::ListUsersRequest* request,
                         admin::v1::ListUsersResponse* response) override {
    admin::v1::ListUsersRequest asked;
    return Answer(request, asked, response, users);
  }
  grpc::Status ListAccounts(Context, const admin::v1::ListAccountsRequest* request,
                            admin::v1::ListAccountsResponse* response) override {
    return Answer(request, accounts_asked, response, accounts);
  }
  grpc::Status SetAccountEnabled(Context, const admin::v1::SetAccountEnabledRequest* request,
                                 admin::v1::SetAccountEnabledResponse* response) override {
    admin::v1::SetAccountEnabledResponse prepared;
    if (accounts.accounts_size() > 0) *prepared.mutable_account() = accounts.accounts(0);
    prepared.mutable_account()->set_enabled(request->enabled());
    return Answer(request, enabled_asked, response, prepared);
  }
  // The account with what is set; `watching_error` is what only this call fails with.
  grpc::Status SetWatching(Context, const admin::v1::SetWatchingRequest* request,
                           admin::v1::SetWatchingResponse* response) override {
    admin::v1::SetWatchingResponse prepared;
    if (accounts.accounts_size() > 0) *prepared.mutable_account() = accounts.accounts(0);
    *prepared.mutable_account()->mutable_watching() = request->watching();
    const grpc::Status answered = Answer(request, watching_asked, response, prepared);
    return watching_error.ok() ? answered : watching_error;
  }
  // As SetWatching; `sending_error` as there.
  grpc::Status SetSending(Context, const admin::v1::SetSendingRequest* request,
                          admin::v1::SetSendingResponse* response) override {
    admin::v1::SetSendingResponse prepared;
    if (accounts.accounts_size() > 0) *prepared.mutable_account() = accounts.accounts(0);
    *prepared.mutable_account()->mutable_sending() = request->sending();
    const grpc::Status answered = Answer(request, sending_asked, response, prepared);
    return sending_error.ok() ? answered : sending_error;
  }
  grpc::Status SetRoute(Context, const admin::v1::SetRouteRequest* request,
                        admin::v1::SetRouteResponse* response) override {
    admin::v1::SetRouteResponse prepared;
    if (accounts.accounts_size() > 0) *prepared.mutable_account() = accounts.accounts(0);
    prepared.mutable_account()->set_route(request->route());
    return Answer(request, route_asked, response, prepared);
  }
  grpc::Status CheckAccount(Context, const fetcher::v1::CheckAccountRequest* request,
                            fetcher::v1::CheckAccountResponse* response) override {
    return Answer(request, check_asked, response, fetcher::v1::CheckAccountResponse());
  }
  grpc::Status SetRole(Context, const admin::v1::SetRoleRequest* request,
                       admin::v1::SetRoleResponse*) override {
    if (request->user().find('\'') != std::string::npos) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "user: no JID"};
    }
    roles_asked.push_back(*request);
    return error;
  }
  grpc::Status ListRoles(Context, const admin::v1::ListRolesRequest* request,
                         admin::v1::ListRolesResponse* response) override {
    admin::v1::ListRolesRequest asked;
    return Answer(request, asked, response, roles);
  }
  grpc::Status GetStatus(Context, const admin::v1::GetStatusRequest* request,
                         admin::v1::GetStatusResponse* response) override {
    admin::v1::GetStatusRequest asked;
    return Answer(request, asked, response, status);
  }
  grpc::Status ListWatches(Context, const fetcher::v1::ListWatchesRequest* request,
                           fetcher::v1::ListWatchesResponse* response) override {
    fetcher::v1::ListWatchesRequest asked;
    return Answer(request, asked, response, watches);
  }
  grpc::Status ListQueue(Context, const sender::v1::ListQueueRequest* request,
                         sender::v1::ListQueueResponse* response) override {
    return Answer(request, queue_asked, response, queue);
  }
  grpc::Status ShowQueued(Context, const sender::v1::ShowQueuedRequest* request,
                          sender::v1::ShowQueuedResponse* response) override {
    return Answer(request, show_asked, response, shown);
  }
  grpc::Status HoldQueued(Context, const sender::v1::HoldQueuedRequest* request,
                          sender::v1::HoldQueuedResponse* response) override {
    return Answer(request, hold_asked, response, held);
  }
  grpc::Status RetryQueued(Context, const sender::v1::RetryQueuedRequest* request,
                           sender::v1::RetryQueuedResponse* response) override {
    return Answer(request, retry_asked, response, retried);
  }
  grpc::Status ListRoutes(Context, const sender::v1::ListRoutesRequest* request,
                          sender::v1::ListRoutesResponse* response) override {
    return Answer(request, routes_asked, response, routes);
  }
  grpc::Status CancelQueued(Context, const sender::v1::CancelQueuedRequest* request,
                            sender::v1::CancelQueuedResponse* response) override {
    return Answer(request, cancel_asked, response, sender::v1::CancelQueuedResponse());
  }
  grpc::Status ImportRules(Context, const rules::v1::ImportRulesRequest* request,
                           rules::v1::ImportRulesResponse* response) override {
    return Answer(request, import_asked, response, imported);
  }
  grpc::Status ListRules(Context, const rules::v1::ListRulesRequest* request,
                         rules::v1::ListRulesResponse* response) override {
    rules::v1::ListRulesRequest asked;
    return Answer(request, asked, response, rules);
  }
  grpc::Status RemoveRules(Context, const rules::v1::RemoveRulesRequest* request,
                           rules::v1::RemoveRulesResponse* response) override {
    return Answer(request, removal_asked, response, rules::v1::RemoveRulesResponse());
  }
  grpc::Status ActivateRules(Context, const rules::v1::ActivateRulesRequest* request,
                             rules::v1::ActivateRulesResponse*) override {
    activations_asked.push_back(*request);
    return error;
  }
  grpc::Status ListDecisions(Context, const rules::v1::ListDecisionsRequest* request,
                             rules::v1::ListDecisionsResponse* response) override {
    return Answer(request, decisions_asked, response, decisions);
  }
  grpc::Status ListSessions(Context, const edge::v1::ListSessionsRequest* request,
                            edge::v1::ListSessionsResponse* response) override {
    edge::v1::ListSessionsRequest asked;
    return Answer(request, asked, response, sessions);
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace postern::posternctl
