#include "services/fetcher/fetcher_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/serve.h"
#include "services/fetcher/account_feed.h"
#include "services/fetcher/account_password.h"

namespace postern::fetcher {

namespace {

absl::Status Tell(const words::Wording& problem, absl::string_view field,
                  v1::TryAccountResponse& response) {
  *response.mutable_problem() = rpc::ToProto(problem);
  response.set_field(std::string(field));
  return absl::OkStatus();
}

absl::Status Missing(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(what, " is empty"));
}

}  // namespace

FetcherService::Reactor* FetcherService::Serve(Context* context, Call call) {
  return rpc::Serve(executor_, context,
                    [this, call = std::move(call)] { return RunWhenBegun(call); });
}

net::Task<absl::Status> FetcherService::RunWhenBegun(Call call) {
  if (!desks_) co_return absl::UnavailableError("the fetcher is starting");
  co_return co_await call();
}

// --- trials -------------------------------------------------------------------------

FetcherService::Reactor* FetcherService::TryAccount(Context* context,
                                                    const v1::TryAccountRequest* request,
                                                    v1::TryAccountResponse* response) {
  return Serve(context, [=, this] { return DoTry(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoTry(const v1::TryAccountRequest& request,
                                              v1::TryAccountResponse& response) {
  crypto::Secret password = TakeFrom(request.password());
  Account account = FromProto(request.account());
  if (account.type == AccountType::kOther) {
    co_return absl::InvalidArgumentError("account.type is neither IMAP nor POP3");
  }
  const std::string id = account.id;
  if (password.empty()) {
    const absl::Status lent = LendPassword(account);
    if (!lent.ok()) co_return Tell(*words::WordingOf(lent), "password", response);
  }
  auto result = co_await desks_->trial.Try(std::move(account), std::move(password));
  if (!result.ok()) co_return result.status();
  log::Info("account tried", {{"account", id}, {"problem", words::English(result->problem)}});
  if (result->problem.empty()) co_return absl::OkStatus();
  co_return Tell(result->problem, result->field, response);
}

// Who asks has no stored passwords: that of an account of theirs is known here, stored or
// held. It is lent for its own use alone.
absl::Status FetcherService::LendPassword(Account& account) const {
  account.sealed_password.clear();
  account.oauth2_provider.clear();
  const auto known = desks_->accounts.Find(account.id);
  if (!known || known->owner != account.owner) {
    account.id.clear();  // nothing is held under it
    return absl::OkStatus();
  }
  account.sealed_password = known->sealed_password;
  account.oauth2_provider = known->oauth2_provider;
  return crypto::CheckPasswordUse(UseOf(*known), UseOf(account));
}

// --- what others ask of mailboxes: fetcher_service_mails.cc ---------------------------

absl::StatusOr<std::shared_ptr<const Account>> FetcherService::Visitable(
    const std::string& account_id) const {
  if (account_id.empty()) return Missing("account_id");
  std::shared_ptr<const Account> account = desks_->accounts.Find(account_id);
  if (!account) return absl::NotFoundError(absl::StrCat("there is no account ", account_id));
  if (!account->enabled) {
    return words::Error(absl::StatusCode::kFailedPrecondition,
                        words::Word("the operator of this gateway has disabled this account"));
  }
  return account;
}

}  // namespace postern::fetcher
