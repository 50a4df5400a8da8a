// The part of FetcherService that lists, searches and reads mails for other services.

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/rpc/mail_codec.h"
#include "services/fetcher/fetcher_service.h"
#include "services/fetcher/mail_requests.h"

namespace postern::fetcher {

namespace {

constexpr int kMaxRead = 32;

// Hands on what is read of a part.
class PartForwarder {
 public:
  explicit PartForwarder(rpc::StreamWriter<v1::ReadMailPartResponse>& writer) : writer_(writer) {}

  net::Task<absl::Status> Put(MailPart part) {
    v1::ReadMailPartResponse message;
    if (part.about) {
      message.mutable_about()->set_file_name(part.about->file_name);
      message.mutable_about()->set_content_type(part.about->content_type);
      message.mutable_about()->set_size(part.about->size);
    }
    message.set_data(std::move(part.bytes));
    co_return co_await writer_.Write(std::move(message));
  }

 private:
  rpc::StreamWriter<v1::ReadMailPartResponse>& writer_;
};

absl::Status Starting() { return absl::UnavailableError("the fetcher is starting"); }

}  // namespace

absl::StatusOr<std::shared_ptr<const Account>> FetcherService::ByImap(
    const std::string& account_id) const {
  auto account = Visitable(account_id);
  if (account.ok() && (*account)->type != AccountType::kImap) {
    return words::Error(absl::StatusCode::kUnimplemented,
                        words::Word("only IMAP accounts can do this"));
  }
  return account;
}

// --- folders ------------------------------------------------------------------------

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

FetcherService::Reactor* FetcherService::GetMailQuota(Context* context,
                                                      const v1::GetMailQuotaRequest* request,
                                                      v1::GetMailQuotaResponse* response) {
  return Serve(context, [=, this] { return DoQuota(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoQuota(const v1::GetMailQuotaRequest& request,
                                                v1::GetMailQuotaResponse& response) {
  auto account = ByImap(request.account_id());
  if (!account.ok()) co_return account.status();
  auto quota = co_await desks_->mails.Quota(*account);
  if (!quota.ok()) co_return quota.status();
  for (const imap::QuotaResource& resource : *quota) {
    v1::GetMailQuotaResponse::Resource& proto = *response.add_resources();
    proto.set_name(resource.name);
    proto.set_used(resource.used);
    proto.set_limit(resource.limit);
  }
  co_return absl::OkStatus();
}

// --- lists --------------------------------------------------------------------------

FetcherService::Reactor* FetcherService::ListMails(Context* context,
                                                   const v1::ListMailsRequest* request,
                                                   v1::ListMailsResponse* response) {
  return Serve(context, [=, this] { return DoListMails(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoListMails(const v1::ListMailsRequest& request,
                                                    v1::ListMailsResponse& response) {
  auto account =
      request.mailbox().empty() ? Visitable(request.account_id()) : ByImap(request.account_id());
  if (!account.ok()) co_return account.status();
  auto query = QueryOf(request);
  if (!query.ok()) co_return query.status();
  auto page = co_await desks_->mails.List(*account, *std::move(query));
  if (!page.ok()) co_return page.status();
  for (MailSummary& mail : page->mails) ToProto(std::move(mail), *response.add_mails());
  response.set_more(page->more);
  co_return absl::OkStatus();
}

FetcherService::Reactor* FetcherService::SearchMails(Context* context,
                                                     const v1::SearchMailsRequest* request,
                                                     v1::SearchMailsResponse* response) {
  return Serve(context, [=, this] { return DoSearch(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoSearch(const v1::SearchMailsRequest& request,
                                                 v1::SearchMailsResponse& response) {
  auto account = ByImap(request.account_id());
  if (!account.ok()) co_return account.status();
  auto query = QueryOf(request);
  if (!query.ok()) co_return query.status();
  auto page = co_await desks_->mails.Search(*account, *std::move(query));
  if (!page.ok()) co_return page.status();
  for (MailSummary& mail : page->mails) ToProto(std::move(mail), *response.add_mails());
  response.set_more(page->more);
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  response.set_matches(static_cast<uint32_t>(std::min(page->matches, kMost)));
  co_return absl::OkStatus();
}

FetcherService::Reactor* FetcherService::ApplyRules(Context* context,
                                                    const v1::ApplyRulesRequest* request,
                                                    v1::ApplyRulesResponse* response) {
  return Serve(context, [=, this] { return DoApplyRules(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoApplyRules(const v1::ApplyRulesRequest& request,
                                                     v1::ApplyRulesResponse& response) {
  auto account = ByImap(request.account_id());
  if (!account.ok()) co_return account.status();
  if (desks_->rules == nullptr) co_return Starting();
  auto query = QueryOf(request);
  if (!query.ok()) co_return query.status();
  const bool tries = !request.try_script().empty() || request.try_personal();
  if (tries && (request.carry_out() || request.deliver())) {
    co_return absl::InvalidArgumentError("try_script: what is tried is not carried out");
  }
  RuleRun::Wish wish;
  wish.deliver = request.deliver();
  wish.carry_out = request.carry_out();
  wish.try_script = request.try_script();
  wish.try_personal = request.try_personal();
  auto outcome = co_await desks_->rules->Run(*account, *std::move(query), std::move(wish));
  if (!outcome.ok()) co_return outcome.status();
  for (RuleRun::Judged& judged : outcome->mails) {
    v1::ApplyRulesResponse::Judged& proto = *response.add_mails();
    ToProto(std::move(judged.mail), *proto.mutable_mail());
    proto.set_wanted(judged.wanted);
    proto.set_reason(std::move(judged.reason));
    proto.mutable_actions()->Assign(judged.actions.begin(), judged.actions.end());
  }
  response.set_more(outcome->more);
  for (const auto& [action, mails] : outcome->counts) {
    v1::ActionCount& count = *response.add_counts();
    count.set_action(action);
    count.set_mails(mails);
  }
  co_return absl::OkStatus();
}

// --- reading ------------------------------------------------------------------------

FetcherService::Reactor* FetcherService::ReadMails(Context* context,
                                                   const v1::ReadMailsRequest* request,
                                                   v1::ReadMailsResponse* response) {
  return Serve(context, [=, this] { return DoReadMails(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoReadMails(const v1::ReadMailsRequest& request,
                                                    v1::ReadMailsResponse& response) {
  auto account = Visitable(request.account_id());
  if (!account.ok()) co_return account.status();
  if (request.ids_size() == 0) co_return absl::InvalidArgumentError("ids is empty");
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

grpc::ServerWriteReactor<v1::ReadMailPartResponse>* FetcherService::ReadMailPart(
    Context* context, const v1::ReadMailPartRequest* request) {
  std::function<net::Task<absl::Status>(PartWriter&)> make = [=, this](PartWriter& writer) {
    return DoReadPart(*request, writer);
  };
  return rpc::ServeWriting<v1::ReadMailPartResponse>(executor_, context, std::move(make));
}

net::Task<absl::Status> FetcherService::DoReadPart(const v1::ReadMailPartRequest& request,
                                                   PartWriter& writer) {
  if (!desks_) co_return Starting();
  auto account = Visitable(request.account_id());
  if (!account.ok()) co_return account.status();
  if (request.id().empty()) co_return absl::InvalidArgumentError("id is empty");
  PartForwarder forwarder(writer);
  MailPartSink sink = [&forwarder](MailPart part) { return forwarder.Put(std::move(part)); };
  co_return co_await desks_->mails.ReadPart(*account, request.id(), request.attachment(),
                                            std::move(sink));
}

}  // namespace postern::fetcher
