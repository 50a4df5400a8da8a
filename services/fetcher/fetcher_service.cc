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

constexpr uint32_t kDefaultMails = 10;
constexpr uint32_t kMaxMails = 100;
constexpr int kMaxRead = 32;

void ToProto(Folder folder, v1::Folder& proto) {
  proto.set_name(std::move(folder.name));
  proto.set_mailbox(std::move(folder.mailbox));
  proto.set_selectable(folder.selectable);
  proto.set_has_children(folder.has_children);
}

void ToProto(MailSummary mail, v1::MailSummary& proto) {
  proto.set_id(std::move(mail.id));
  if (mail.from) *proto.mutable_from() = rpc::ToProto(*mail.from);
  proto.set_subject(std::move(mail.subject));
  proto.set_received_unix(mail.received_unix);
  proto.set_size(mail.size);
}

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
  const auto known = desks_->accounts.Find(account.id);
  if (!known || known->owner != account.owner) {
    account.id.clear();  // nothing is held under it
    return absl::OkStatus();
  }
  account.sealed_password = known->sealed_password;
  return crypto::CheckPasswordUse(UseOf(*known), UseOf(account));
}

// --- folders and mails ----------------------------------------------------------------

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

FetcherService::Reactor* FetcherService::ListFolders(Context* context,
                                                     const v1::ListFoldersRequest* request,
                                                     v1::ListFoldersResponse* response) {
  return Serve(context, [=, this] { return DoListFolders(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoListFolders(const v1::ListFoldersRequest& request,
                                                      v1::ListFoldersResponse& response) {
  auto account = Visitable(request.account_id());
  if (!account.ok()) co_return account.status();
  if ((*account)->type != AccountType::kImap) {
    co_return words::Error(absl::StatusCode::kFailedPrecondition,
                           words::Word("only IMAP accounts have folders"));
  }
  auto tree = co_await desks_->folders.TreeOf(*account);
  if (!tree.ok()) co_return tree.status();
  const std::vector<std::string> path(request.path().begin(), request.path().end());
  if (!path.empty()) {
    std::optional<Folder> self = (*tree)->Find(path);
    if (!self) co_return absl::NotFoundError("there is no such folder");
    ToProto(*std::move(self), *response.mutable_self());
  }
  for (Folder& folder : (*tree)->Below(path)) ToProto(std::move(folder), *response.add_folders());
  co_return absl::OkStatus();
}

FetcherService::Reactor* FetcherService::ListMails(Context* context,
                                                   const v1::ListMailsRequest* request,
                                                   v1::ListMailsResponse* response) {
  return Serve(context, [=, this] { return DoListMails(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoListMails(const v1::ListMailsRequest& request,
                                                    v1::ListMailsResponse& response) {
  auto account = Visitable(request.account_id());
  if (!account.ok()) co_return account.status();
  const uint32_t limit =
      request.limit() == 0 ? kDefaultMails : std::min(request.limit(), kMaxMails);
  auto page = co_await desks_->mails.List(*account, request.before_id(), limit);
  if (!page.ok()) co_return page.status();
  for (MailSummary& mail : page->mails) ToProto(std::move(mail), *response.add_mails());
  response.set_more(page->more);
  co_return absl::OkStatus();
}

FetcherService::Reactor* FetcherService::ReadMails(Context* context,
                                                   const v1::ReadMailsRequest* request,
                                                   v1::ReadMailsResponse* response) {
  return Serve(context, [=, this] { return DoReadMails(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoReadMails(const v1::ReadMailsRequest& request,
                                                    v1::ReadMailsResponse& response) {
  auto account = Visitable(request.account_id());
  if (!account.ok()) co_return account.status();
  if (request.ids_size() == 0) co_return Missing("ids");
  if (request.ids_size() > kMaxRead) {
    co_return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxRead, " ids"));
  }
  std::vector<std::string> ids(request.ids().begin(), request.ids().end());
  auto mails = co_await desks_->mails.Read(*account, std::move(ids));
  if (!mails.ok()) co_return mails.status();
  for (FoundMail& found : *mails) {
    v1::ReadMailsResponse::ReadMail& read = *response.add_mails();
    read.set_id(std::move(found.id));
    *read.mutable_mail() = rpc::ToProto(found.mail);
  }
  co_return absl::OkStatus();
}

}  // namespace postern::fetcher
