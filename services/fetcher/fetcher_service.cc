#include "services/fetcher/fetcher_service.h"

#include "lib/rpc/serve.h"

namespace postern::fetcher {

namespace {

v1::Watch ToProto(const AccountWatcher& watcher) {
  const WatchState state = watcher.State();
  v1::Watch watch;
  watch.set_account_id(watcher.account().id);
  watch.set_state(state.state);
  watch.set_uid_validity(state.cursor.uid_validity);
  watch.set_last_uid(state.cursor.last_uid);
  watch.set_mails_handed_on(state.handed_on);
  watch.set_next_attempt_unix(state.next_attempt_unix);
  return watch;
}

}  // namespace

grpc::ServerUnaryReactor* FetcherService::CheckAccount(grpc::CallbackServerContext* context,
                                                       const v1::CheckAccountRequest* request,
                                                       v1::CheckAccountResponse*) {
  return rpc::Serve(executor_, context, [=, this] { return DoCheck(*request); });
}

grpc::ServerUnaryReactor* FetcherService::ListWatches(grpc::CallbackServerContext* context,
                                                      const v1::ListWatchesRequest*,
                                                      v1::ListWatchesResponse* response) {
  return rpc::Serve(executor_, context, [=, this] { return DoList(*response); });
}

net::Task<absl::Status> FetcherService::DoCheck(const v1::CheckAccountRequest& request) {
  if (watches_ == nullptr) co_return absl::UnavailableError("the fetcher is starting");
  if (request.account_id().empty()) co_return absl::InvalidArgumentError("account_id is empty");
  co_return watches_->Check(request.account_id());
}

net::Task<absl::Status> FetcherService::DoList(v1::ListWatchesResponse& response) {
  if (watches_ == nullptr) co_return absl::UnavailableError("the fetcher is starting");
  for (const auto& watcher : watches_->Watched()) *response.add_watches() = ToProto(*watcher);
  co_return absl::OkStatus();
}

}  // namespace postern::fetcher
