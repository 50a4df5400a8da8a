// The part of FetcherService that concerns watchers, here and in other fetchers: a call
// reaches any of them, and is brought to whom it concerns.

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/fetcher/fetcher_service.h"
#include "services/fetcher/visit_keeper.h"

namespace postern::fetcher {

namespace {

// Of all fetchers together: the answer stays below rpc::kMaxMessageBytes.
constexpr size_t kMaxWatches = 40'000;

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

Replicas* FetcherService::OthersFor(const Context& context) const {
  return context.client_metadata().count(kForwardedMark) > 0 ? nullptr : desks_->others;
}

// --- watches ----------------------------------------------------------------------

FetcherService::Reactor* FetcherService::CheckAccount(Context* context,
                                                      const v1::CheckAccountRequest* request,
                                                      v1::CheckAccountResponse*) {
  return Serve(context, [=, this] { return DoCheck(*context, *request); });
}

net::Task<absl::Status> FetcherService::DoCheck(const Context& context,
                                                const v1::CheckAccountRequest& request) {
  if (request.account_id().empty()) co_return absl::InvalidArgumentError("account_id is empty");
  const absl::Status here = desks_->watches.Check(request.account_id());
  Replicas* const others = OthersFor(context);
  if (!absl::IsNotFound(here) || !others) co_return here;
  const absl::Status there = co_await others->Check(request.account_id());
  co_return absl::IsFailedPrecondition(there) ? here : there;
}

FetcherService::Reactor* FetcherService::ListWatches(Context* context,
                                                     const v1::ListWatchesRequest*,
                                                     v1::ListWatchesResponse* response) {
  return Serve(context, [=, this] { return DoListWatches(*context, *response); });
}

net::Task<absl::Status> FetcherService::DoListWatches(const Context& context,
                                                      v1::ListWatchesResponse& response) {
  std::vector<v1::Watch> all;
  for (const auto& watcher : desks_->watches.Watched()) {
    v1::Watch watch = ToProto(*watcher);
    if (desks_->others) watch.set_replica(desks_->others->me().address);
    if (all.size() < kMaxWatches) all.push_back(std::move(watch));
  }
  if (Replicas* const others = OthersFor(context)) {
    std::vector<v1::Watch> more = co_await others->Watches(kMaxWatches - all.size());
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  if (all.size() == kMaxWatches) log::Warn("not all watches are listed", {{"listed", all.size()}});
  std::sort(all.begin(), all.end(),
            [](const v1::Watch& a, const v1::Watch& b) { return a.account_id() < b.account_id(); });
  for (v1::Watch& watch : all) *response.add_watches() = std::move(watch);
  co_return absl::OkStatus();
}

// --- passwords that are not stored --------------------------------------------------

// A request is ours until it is answered, and nobody else needs its password: it is
// wiped as soon as it is read.
crypto::Secret FetcherService::TakeFrom(const std::string& of_request) {
  crypto::Secret password(of_request);
  crypto::Wipe(const_cast<std::string&>(of_request));
  return password;
}

FetcherService::Reactor* FetcherService::HoldPassword(Context* context,
                                                      const v1::HoldPasswordRequest* request,
                                                      v1::HoldPasswordResponse*) {
  return Serve(context, [=, this] { return DoHold(*context, *request); });
}

net::Task<absl::Status> FetcherService::DoHold(const Context& context,
                                               const v1::HoldPasswordRequest& request) {
  crypto::Secret password = TakeFrom(request.password());
  if (password.empty()) co_return absl::InvalidArgumentError("password is empty");
  // Who has just named another server gives the password for that one: were the change
  // heard afterwards, it would be forgotten as the old one's.
  if (desks_->catch_up) (co_await desks_->catch_up()).IgnoreError();
  const auto account = desks_->accounts.Find(request.account_id());
  if (!account || !account->enabled) {
    co_return absl::NotFoundError(
        absl::StrCat("account ", request.account_id(), " is not watched here"));
  }
  desks_->passwords.Hold(account->id, account->owner, std::move(password));
  desks_->folders.Forget(account->id);
  desks_->watches.PasswordArrived(account->id);
  // The account may be another's, or become so, and a visit may come to any of them.
  if (Replicas* const others = OthersFor(context)) co_await others->TellHeld(account->id);
  co_return absl::OkStatus();
}

FetcherService::Reactor* FetcherService::RetainPasswords(Context* context,
                                                         const v1::RetainPasswordsRequest* request,
                                                         v1::RetainPasswordsResponse*) {
  return Serve(context, [=, this] { return DoRetain(*context, *request); });
}

net::Task<absl::Status> FetcherService::DoRetain(const Context& context,
                                                 const v1::RetainPasswordsRequest& request) {
  const absl::flat_hash_set<std::string> users(request.users().begin(), request.users().end());
  desks_->passwords.Retain(users);
  desks_->watches.PasswordsWiped();
  if (desks_->kept != nullptr) desks_->kept->PasswordsWiped(desks_->passwords);
  if (Replicas* const others = OthersFor(context)) co_await others->TellRetained(request);
  co_return absl::OkStatus();
}

}  // namespace postern::fetcher
