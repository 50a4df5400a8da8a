#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>

#include "lib/net/task.h"
#include "postern/admin/v1/admin.grpc.pb.h"
#include "services/admin/accounts.h"
#include "services/admin/audit_log.h"
#include "services/admin/change_feed.h"
#include "services/admin/departures.h"
#include "services/admin/oauth2/oauth2.h"
#include "services/admin/peers.h"
#include "services/admin/roles.h"
#include "services/admin/site.h"

namespace postern::admin {

// The gRPC face: checks, translates, delegates.
class AdminServiceImpl final : public v1::AdminService::CallbackService {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    Accounts& accounts;
    Departures& departures;
    ChangeFeed& feed;
    Site& site;
    AuditLog& audit;
    const RelayRules& relay;
    OAuth2& oauth2;
    Roles& roles;
    std::function<std::string()> not_ready_because;
  };

  explicit AdminServiceImpl(Parts parts) : parts_(std::move(parts)), peers_(process::Peers()) {}
  // Before the first call.
  void Connect(const process::Peers& peers) { peers_ = PeerServices(peers); }

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* PutAccount(Context* context, const v1::PutAccountRequest* request,
                      v1::PutAccountResponse* response) override;
  Reactor* RemoveAccount(Context* context, const v1::RemoveAccountRequest* request,
                         v1::RemoveAccountResponse* response) override;
  Reactor* RemoveUser(Context* context, const v1::RemoveUserRequest* request,
                      v1::RemoveUserResponse* response) override;
  Reactor* SetPreferences(Context* context, const v1::SetPreferencesRequest* request,
                          v1::SetPreferencesResponse* response) override;
  Reactor* SetWatching(Context* context, const v1::SetWatchingRequest* request,
                       v1::SetWatchingResponse* response) override;
  // sending_calls.cc.
  Reactor* SetSending(Context* context, const v1::SetSendingRequest* request,
                      v1::SetSendingResponse* response) override;
  Reactor* SetRoute(Context* context, const v1::SetRouteRequest* request,
                    v1::SetRouteResponse* response) override;
  Reactor* GetSite(Context* context, const v1::GetSiteRequest* request,
                   v1::GetSiteResponse* response) override;
  Reactor* ListAccountChanges(Context* context, const v1::ListAccountChangesRequest* request,
                              v1::ListAccountChangesResponse* response) override;
  Reactor* ReportHealth(Context* context, const v1::ReportHealthRequest* request,
                        v1::ReportHealthResponse* response) override;
  Reactor* BeginConsent(Context* context, const v1::BeginConsentRequest* request,
                        v1::BeginConsentResponse* response) override;
  Reactor* GetAccessToken(Context* context, const v1::GetAccessTokenRequest* request,
                          v1::GetAccessTokenResponse* response) override;
  Reactor* ListUsers(Context* context, const v1::ListUsersRequest* request,
                     v1::ListUsersResponse* response) override;
  Reactor* ListAccounts(Context* context, const v1::ListAccountsRequest* request,
                        v1::ListAccountsResponse* response) override;
  Reactor* SetAccountEnabled(Context* context, const v1::SetAccountEnabledRequest* request,
                             v1::SetAccountEnabledResponse* response) override;
  // role_calls.cc.
  Reactor* SetRole(Context* context, const v1::SetRoleRequest* request,
                   v1::SetRoleResponse* response) override;
  Reactor* ListRoles(Context* context, const v1::ListRolesRequest* request,
                     v1::ListRolesResponse* response) override;
  Reactor* BeginOperatorCommand(Context* context, const v1::BeginOperatorCommandRequest* request,
                                v1::BeginOperatorCommandResponse* response) override;
  Reactor* GetStatus(Context* context, const v1::GetStatusRequest* request,
                     v1::GetStatusResponse* response) override;

  // Handed on; operator_calls.cc.
  Reactor* CheckAccount(Context* context, const fetcher::v1::CheckAccountRequest* request,
                        fetcher::v1::CheckAccountResponse* response) override;
  Reactor* ListWatches(Context* context, const fetcher::v1::ListWatchesRequest* request,
                       fetcher::v1::ListWatchesResponse* response) override;
  Reactor* ListQueue(Context* context, const sender::v1::ListQueueRequest* request,
                     sender::v1::ListQueueResponse* response) override;
  Reactor* ShowQueued(Context* context, const sender::v1::ShowQueuedRequest* request,
                      sender::v1::ShowQueuedResponse* response) override;
  Reactor* RetryQueued(Context* context, const sender::v1::RetryQueuedRequest* request,
                       sender::v1::RetryQueuedResponse* response) override;
  Reactor* HoldQueued(Context* context, const sender::v1::HoldQueuedRequest* request,
                      sender::v1::HoldQueuedResponse* response) override;
  Reactor* CancelQueued(Context* context, const sender::v1::CancelQueuedRequest* request,
                        sender::v1::CancelQueuedResponse* response) override;
  Reactor* ListRoutes(Context* context, const sender::v1::ListRoutesRequest* request,
                      sender::v1::ListRoutesResponse* response) override;
  Reactor* ImportRules(Context* context, const rules::v1::ImportRulesRequest* request,
                       rules::v1::ImportRulesResponse* response) override;
  Reactor* ListRules(Context* context, const rules::v1::ListRulesRequest* request,
                     rules::v1::ListRulesResponse* response) override;
  Reactor* ActivateRules(Context* context, const rules::v1::ActivateRulesRequest* request,
                         rules::v1::ActivateRulesResponse* response) override;
  Reactor* RenameRules(Context* context, const rules::v1::RenameRulesRequest* request,
                       rules::v1::RenameRulesResponse* response) override;
  Reactor* RemoveRules(Context* context, const rules::v1::RemoveRulesRequest* request,
                       rules::v1::RemoveRulesResponse* response) override;
  Reactor* ChangeList(Context* context, const rules::v1::ChangeListRequest* request,
                      rules::v1::ChangeListResponse* response) override;
  Reactor* ShowLists(Context* context, const rules::v1::ShowListsRequest* request,
                     rules::v1::ShowListsResponse* response) override;
  Reactor* CreateScriptPassword(Context* context,
                                const rules::v1::CreateScriptPasswordRequest* request,
                                rules::v1::CreateScriptPasswordResponse* response) override;
  Reactor* RevokeScriptPassword(Context* context,
                                const rules::v1::RevokeScriptPasswordRequest* request,
                                rules::v1::RevokeScriptPasswordResponse* response) override;
  Reactor* ListDecisions(Context* context, const rules::v1::ListDecisionsRequest* request,
                         rules::v1::ListDecisionsResponse* response) override;
  Reactor* ListRunnerPrograms(Context* context, const runner::v1::ListProgramsRequest* request,
                              runner::v1::ListProgramsResponse* response) override;
  Reactor* ListSessions(Context* context, const edge::v1::ListSessionsRequest* request,
                        edge::v1::ListSessionsResponse* response) override;

 private:
  net::Task<absl::Status> Put(const v1::PutAccountRequest& request,
                              v1::PutAccountResponse& response);
  net::Task<absl::Status> RemoveAllOf(const v1::RemoveUserRequest& request,
                                      v1::RemoveUserResponse& response);
  net::Task<absl::Status> DescribeSite(v1::GetSiteResponse& response);
  net::Task<absl::Status> Changes(const v1::ListAccountChangesRequest& request,
                                  v1::ListAccountChangesResponse& response);
  net::Task<absl::Status> Consent(const v1::BeginConsentRequest& request,
                                  v1::BeginConsentResponse& response);
  net::Task<absl::Status> Token(const v1::GetAccessTokenRequest& request,
                                v1::GetAccessTokenResponse& response);
  net::Task<absl::Status> Users(v1::ListUsersResponse& response);
  net::Task<absl::Status> List(const v1::ListAccountsRequest& request,
                               v1::ListAccountsResponse& response);
  net::Task<absl::Status> SetEnabled(const v1::SetAccountEnabledRequest& request,
                                     v1::SetAccountEnabledResponse& response);
  net::Task<absl::Status> ChangeWatching(const v1::SetWatchingRequest& request,
                                         v1::SetWatchingResponse& response);
  net::Task<absl::Status> ChangeSending(const v1::SetSendingRequest& request,
                                        v1::SetSendingResponse& response);
  net::Task<absl::Status> ChangeRoute(const v1::SetRouteRequest& request,
                                      v1::SetRouteResponse& response);
  net::Task<absl::Status> RolesOfAll(v1::ListRolesResponse& response);
  net::Task<absl::Status> Status(v1::GetStatusResponse& response);

  net::Task<absl::Status> Show(const sender::v1::ShowQueuedRequest& request,
                               sender::v1::ShowQueuedResponse& response);

  // What a user who has gone left behind is removed before something new is written for them;
  // `scope` may be somebody else's.
  net::Task<absl::Status> Afresh(std::string scope, net::Task<absl::Status> call);
  // Writes the entry when what was asked is done.
  net::Task<absl::Status> Audited(net::Task<absl::Status> call, AuditEntry entry);

  Parts parts_;
  PeerServices peers_;
};

}  // namespace postern::admin
