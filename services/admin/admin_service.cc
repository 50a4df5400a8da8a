#include "services/admin/admin_service.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/rpc/channel.h"
#include "lib/rpc/serve.h"
#include "services/admin/relay_senders.h"
#include "services/admin/service_status.h"

namespace postern::admin {
namespace {

constexpr uint32_t kMostWaitMs = 30'000;

// A list longer than a message may be is refused in words, not by the transport.
absl::Status CheckFits(size_t bytes, const char* what_to_do) {
  if (bytes < rpc::kMaxMessageBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(what_to_do);
}

}  // namespace

grpc::ServerUnaryReactor* AdminServiceImpl::PutAccount(Context* context,
                                                       const v1::PutAccountRequest* request,
                                                       v1::PutAccountResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Put(*request, *response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::RemoveAccount(Context* context,
                                                          const v1::RemoveAccountRequest* request,
                                                          v1::RemoveAccountResponse*) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.accounts.Remove(request->account_id()); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::RemoveUser(Context* context,
                                                       const v1::RemoveUserRequest* request,
                                                       v1::RemoveUserResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return RemoveAllOf(*request, *response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::SetPreferences(Context* context,
                                                           const v1::SetPreferencesRequest* request,
                                                           v1::SetPreferencesResponse*) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.accounts.SetPreferences(*request); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::SetWatching(Context* context,
                                                        const v1::SetWatchingRequest* request,
                                                        v1::SetWatchingResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return ChangeWatching(*request, *response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::GetSite(Context* context, const v1::GetSiteRequest*,
                                                    v1::GetSiteResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return DescribeSite(*response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListAccountChanges(
    Context* context, const v1::ListAccountChangesRequest* request,
    v1::ListAccountChangesResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Changes(*request, *response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ReportHealth(Context* context,
                                                         const v1::ReportHealthRequest* request,
                                                         v1::ReportHealthResponse*) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return parts_.accounts.ReportHealth(*request); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListUsers(Context* context, const v1::ListUsersRequest*,
                                                      v1::ListUsersResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Users(*response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::ListAccounts(Context* context,
                                                         const v1::ListAccountsRequest* request,
                                                         v1::ListAccountsResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return List(*request, *response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::SetAccountEnabled(
    Context* context, const v1::SetAccountEnabledRequest* request,
    v1::SetAccountEnabledResponse* response) {
  return rpc::Serve(parts_.executor, context,
                    [=, this] { return SetEnabled(*request, *response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::GetStatus(Context* context, const v1::GetStatusRequest*,
                                                      v1::GetStatusResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Status(*response); });
}

net::Task<absl::Status> AdminServiceImpl::Put(const v1::PutAccountRequest& request,
                                              v1::PutAccountResponse& response) {
  crypto::Secret password(request.password());
  // gRPC's own copy would lie in memory until something else is written over it.
  crypto::Wipe(*const_cast<v1::PutAccountRequest&>(request).mutable_password());
  auto answer = co_await parts_.accounts.Put(request.account(), std::move(password),
                                             request.copy_password_from());
  if (!answer.ok()) co_return answer.status();
  response = *std::move(answer);
  co_return absl::OkStatus();
}

net::Task<absl::Status> AdminServiceImpl::RemoveAllOf(const v1::RemoveUserRequest& request,
                                                      v1::RemoveUserResponse& response) {
  auto removed = co_await parts_.accounts.RemoveUser(request.user());
  if (!removed.ok()) co_return removed.status();
  response.set_accounts_removed(*removed);
  co_return absl::OkStatus();
}

net::Task<absl::Status> AdminServiceImpl::DescribeSite(v1::GetSiteResponse& response) {
  response = parts_.site.Describe();
  co_return absl::OkStatus();
}

net::Task<absl::Status> AdminServiceImpl::Changes(const v1::ListAccountChangesRequest& request,
                                                  v1::ListAccountChangesResponse& response) {
  const std::chrono::milliseconds wait(std::min(request.wait_ms(), kMostWaitMs));
  auto page = co_await parts_.feed.List(request.since_revision(), wait);
  if (!page.ok()) co_return page.status();
  response.set_revision(page->next.Encode());
  response.set_snapshot(page->snapshot);
  response.set_more(page->more);
  for (v1::Account& account : page->changed) {
    *response.add_changed() = AsTold(std::move(account), parts_.relay);
  }
  for (std::string& id : page->removed_ids) response.add_removed_ids(std::move(id));
  co_return absl::OkStatus();
}

net::Task<absl::Status> AdminServiceImpl::Users(v1::ListUsersResponse& response) {
  auto users = co_await parts_.accounts.ListUsers();
  if (!users.ok()) co_return users.status();
  for (v1::User& user : *users) *response.add_users() = std::move(user);
  co_return CheckFits(response.ByteSizeLong(), "there are too many users to list at once");
}

net::Task<absl::Status> AdminServiceImpl::List(const v1::ListAccountsRequest& request,
                                               v1::ListAccountsResponse& response) {
  auto accounts = co_await parts_.accounts.List(request);
  if (!accounts.ok()) co_return accounts.status();
  for (v1::Account& account : *accounts) *response.add_accounts() = std::move(account);
  co_return CheckFits(response.ByteSizeLong(),
                      "there are too many accounts to list at once; name an owner");
}

net::Task<absl::Status> AdminServiceImpl::SetEnabled(const v1::SetAccountEnabledRequest& request,
                                                     v1::SetAccountEnabledResponse& response) {
  auto account = co_await parts_.accounts.SetEnabled(request.account_id(), request.enabled());
  if (!account.ok()) co_return account.status();
  *response.mutable_account() = *std::move(account);
  co_return absl::OkStatus();
}

net::Task<absl::Status> AdminServiceImpl::ChangeWatching(const v1::SetWatchingRequest& request,
                                                         v1::SetWatchingResponse& response) {
  auto account = co_await parts_.accounts.SetWatching(request);
  if (!account.ok()) co_return account.status();
  *response.mutable_account() = *std::move(account);
  co_return absl::OkStatus();
}

net::Task<absl::Status> AdminServiceImpl::Status(v1::GetStatusResponse& response) {
  auto& self = *response.add_services();
  self.set_name("admin");
  self.set_detail(parts_.not_ready_because());
  self.set_serving(self.detail().empty());
  const v1::GetStatusResponse others = co_await AskPeers(peers_);
  response.mutable_services()->MergeFrom(others.services());
  co_return absl::OkStatus();
}

}  // namespace postern::admin
