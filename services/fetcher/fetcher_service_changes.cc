// The part of FetcherService that changes mailboxes for other services.

#include <chrono>
#include <utility>
#include <vector>

#include "lib/net/deadline.h"
#include "services/fetcher/fetcher_service.h"
#include "services/fetcher/mail_requests.h"

namespace postern::fetcher {

namespace {

// For the next bytes of a mail that is to be filed.
constexpr std::chrono::seconds kNextBytes{60};

// The mail of a stream, whose first message has been read.
class ComingPieces {
 public:
  ComingPieces(rpc::StreamReader<v1::AppendMailRequest>& reader, std::string first)
      : reader_(reader), first_(std::move(first)) {}

  net::Task<absl::StatusOr<std::optional<std::string>>> Next() {
    if (!first_.empty()) co_return Checked(std::exchange(first_, std::string()));
    std::optional<v1::AppendMailRequest> message;
    const bool in_time = co_await net::EndsWithin(kNextBytes, ReadInto(message));
    if (!in_time) co_return absl::InvalidArgumentError("the rest of the mail did not come in time");
    if (!message) co_return std::nullopt;
    co_return Checked(std::move(*message->mutable_data()));
  }

 private:
  // RFC 3501 section 9: a literal has no NUL, and servers do with one as they like.
  static absl::StatusOr<std::optional<std::string>> Checked(std::string data) {
    if (data.find('\0') == std::string::npos) return std::optional<std::string>(std::move(data));
    return absl::InvalidArgumentError("data holds a NUL byte");
  }

  net::Task<void> ReadInto(std::optional<v1::AppendMailRequest>& message) {
    message = co_await reader_.Read();
  }

  rpc::StreamReader<v1::AppendMailRequest>& reader_;
  std::string first_;
};

}  // namespace

FetcherService::Reactor* FetcherService::ChangeFlags(Context* context,
                                                     const v1::ChangeFlagsRequest* request,
                                                     v1::ChangeFlagsResponse*) {
  return Serve(context, [=, this] { return DoChangeFlags(*request); });
}

net::Task<absl::Status> FetcherService::DoChangeFlags(const v1::ChangeFlagsRequest& request) {
  auto account = ByImap(request.account_id());
  if (!account.ok()) co_return account.status();
  auto ids = IdsOf(request.ids());
  if (!ids.ok()) co_return ids.status();
  if (const auto set = ParseMailIds(*ids); !set.ok()) co_return set.status();
  auto add = FlagsOf(request.add(), "add");
  if (!add.ok()) co_return add.status();
  auto remove = FlagsOf(request.remove(), "remove");
  if (!remove.ok()) co_return remove.status();
  if (add->empty() && remove->empty()) {
    co_return absl::InvalidArgumentError("neither add nor remove names a flag");
  }
  absl::Status changed = co_await desks_->mails.ChangeFlags(*account, *std::move(ids),
                                                            *std::move(add), *std::move(remove));
  if (changed.ok()) desks_->folders.Forget((*account)->id);
  co_return changed;
}

FetcherService::Reactor* FetcherService::MoveMails(Context* context,
                                                   const v1::MoveMailsRequest* request,
                                                   v1::MoveMailsResponse* response) {
  return Serve(context, [=, this] { return DoMove(*request, *response); });
}

net::Task<absl::Status> FetcherService::DoMove(const v1::MoveMailsRequest& request,
                                               v1::MoveMailsResponse& response) {
  auto account = ByImap(request.account_id());
  if (!account.ok()) co_return account.status();
  auto ids = IdsOf(request.ids());
  if (!ids.ok()) co_return ids.status();
  if (const auto set = ParseMailIds(*ids); !set.ok()) co_return set.status();
  if (absl::Status s = CheckTarget(request.to_mailbox(), "to_mailbox"); !s.ok()) co_return s;
  auto mailbox = co_await desks_->mails.Move(*account, *std::move(ids), request.to_mailbox());
  if (!mailbox.ok()) co_return mailbox.status();
  desks_->folders.Forget((*account)->id);
  response.set_mailbox(*std::move(mailbox));
  co_return absl::OkStatus();
}

FetcherService::Reactor* FetcherService::DeleteMails(Context* context,
                                                     const v1::DeleteMailsRequest* request,
                                                     v1::DeleteMailsResponse*) {
  return Serve(context, [=, this] { return DoDelete(*request); });
}

net::Task<absl::Status> FetcherService::DoDelete(const v1::DeleteMailsRequest& request) {
  auto account = Visitable(request.account_id());
  if (!account.ok()) co_return account.status();
  auto ids = IdsOf(request.ids());
  if (!ids.ok()) co_return ids.status();
  if ((*account)->type == AccountType::kImap) {
    if (const auto set = ParseMailIds(*ids); !set.ok()) co_return set.status();
  }
  absl::Status removed = co_await desks_->mails.Delete(*account, *std::move(ids));
  if (removed.ok()) desks_->folders.Forget((*account)->id);
  co_return removed;
}

grpc::ServerReadReactor<v1::AppendMailRequest>* FetcherService::AppendMail(
    Context*, v1::AppendMailResponse* response) {
  std::function<net::Task<absl::Status>(MailReader&)> make = [=, this](MailReader& reader) {
    return DoAppend(reader, *response);
  };
  return rpc::ServeReading<v1::AppendMailRequest>(executor_, std::move(make));
}

net::Task<absl::Status> FetcherService::DoAppend(MailReader& reader,
                                                 v1::AppendMailResponse& response) {
  if (!desks_) co_return absl::UnavailableError("the fetcher is starting");
  auto first = co_await reader.Read();
  if (!first) co_return absl::InvalidArgumentError("the stream has no message");
  auto account = ByImap(first->account_id());
  if (!account.ok()) co_return account.status();
  auto filing = FilingOf(*first);
  if (!filing.ok()) co_return filing.status();
  ComingPieces source(reader, std::move(*first->mutable_data()));
  filing->pieces = [&source] { return source.Next(); };
  auto filed = co_await desks_->mails.Append(*account, *std::move(filing));
  if (!filed.ok()) co_return filed.status();
  desks_->folders.Forget((*account)->id);
  response.set_mailbox(std::move(filed->mailbox));
  response.set_id(std::move(filed->id));
  co_return absl::OkStatus();
}

}  // namespace postern::fetcher
