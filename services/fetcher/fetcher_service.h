#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/password_keeper.h"
#include "lib/net/task.h"
#include "lib/rpc/stream.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "services/fetcher/account_book.h"
#include "services/fetcher/account_trial.h"
#include "services/fetcher/folder_desk.h"
#include "services/fetcher/mail_desk.h"
#include "services/fetcher/replicas.h"
#include "services/fetcher/rule_run.h"
#include "services/fetcher/watch_list.h"

namespace postern::fetcher {

// Who answers what; outlives the serving.
struct Desks {
  WatchList& watches;
  const AccountBook& accounts;
  crypto::PasswordKeeper& passwords;
  AccountTrial& trial;
  FolderDesk& folders;
  MailDesk& mails;
  std::function<net::Task<absl::Status>()> catch_up = {};  // the accounts, with admin
  Replicas* others = nullptr;                              // null: there are no other fetchers
  RuleRun* rules = nullptr;                                // null: ApplyRules is not served
  VisitKeeper* kept = nullptr;                             // null: no connections are kept
};

// The gRPC face: what others may ask about mailboxes.
class FetcherService final : public v1::FetcherService::CallbackService {
 public:
  explicit FetcherService(boost::asio::any_io_executor executor) : executor_(executor) {}

  // Calls before this are UNAVAILABLE.
  void Begin(const Desks& desks) { desks_.emplace(desks); }

  using Reactor = grpc::ServerUnaryReactor;
  using Context = grpc::CallbackServerContext;
  Reactor* CheckAccount(Context* context, const v1::CheckAccountRequest* request,
                        v1::CheckAccountResponse* response) override;
  Reactor* ListWatches(Context* context, const v1::ListWatchesRequest* request,
                       v1::ListWatchesResponse* response) override;
  Reactor* TryAccount(Context* context, const v1::TryAccountRequest* request,
                      v1::TryAccountResponse* response) override;
  Reactor* HoldPassword(Context* context, const v1::HoldPasswordRequest* request,
                        v1::HoldPasswordResponse* response) override;
  Reactor* RetainPasswords(Context* context, const v1::RetainPasswordsRequest* request,
                           v1::RetainPasswordsResponse* response) override;
  Reactor* ListFolders(Context* context, const v1::ListFoldersRequest* request,
                       v1::ListFoldersResponse* response) override;
  Reactor* ListMails(Context* context, const v1::ListMailsRequest* request,
                     v1::ListMailsResponse* response) override;
  Reactor* ReadMails(Context* context, const v1::ReadMailsRequest* request,
                     v1::ReadMailsResponse* response) override;
  Reactor* SearchMails(Context* context, const v1::SearchMailsRequest* request,
                       v1::SearchMailsResponse* response) override;
  grpc::ServerWriteReactor<v1::ReadMailPartResponse>* ReadMailPart(
      Context* context, const v1::ReadMailPartRequest* request) override;
  Reactor* ChangeFlags(Context* context, const v1::ChangeFlagsRequest* request,
                       v1::ChangeFlagsResponse* response) override;
  Reactor* MoveMails(Context* context, const v1::MoveMailsRequest* request,
                     v1::MoveMailsResponse* response) override;
  Reactor* DeleteMails(Context* context, const v1::DeleteMailsRequest* request,
                       v1::DeleteMailsResponse* response) override;
  grpc::ServerReadReactor<v1::AppendMailRequest>* AppendMail(
      Context* context, v1::AppendMailResponse* response) override;
  Reactor* ApplyRules(Context* context, const v1::ApplyRulesRequest* request,
                      v1::ApplyRulesResponse* response) override;
  Reactor* GetMailQuota(Context* context, const v1::GetMailQuotaRequest* request,
                        v1::GetMailQuotaResponse* response) override;

 private:
  // A call once Begin() has been.
  using Call = std::function<net::Task<absl::Status>()>;
  Reactor* Serve(Context* context, Call call);
  net::Task<absl::Status> RunWhenBegun(Call call);

  // The other fetchers, unless it was one of them who called; else null.
  Replicas* OthersFor(const Context& context) const;
  net::Task<absl::Status> DoCheck(const Context& context, const v1::CheckAccountRequest& request);
  net::Task<absl::Status> DoListWatches(const Context& context, v1::ListWatchesResponse& response);
  net::Task<absl::Status> DoTry(const v1::TryAccountRequest& request,
                                v1::TryAccountResponse& response);
  net::Task<absl::Status> DoHold(const Context& context, const v1::HoldPasswordRequest& request);
  net::Task<absl::Status> DoRetain(const Context& context,
                                   const v1::RetainPasswordsRequest& request);
  net::Task<absl::Status> DoListFolders(const v1::ListFoldersRequest& request,
                                        v1::ListFoldersResponse& response);
  net::Task<absl::Status> DoListMails(const v1::ListMailsRequest& request,
                                      v1::ListMailsResponse& response);
  net::Task<absl::Status> DoReadMails(const v1::ReadMailsRequest& request,
                                      v1::ReadMailsResponse& response);
  // fetcher_service_mails.cc, fetcher_service_changes.cc
  using PartWriter = rpc::StreamWriter<v1::ReadMailPartResponse>;
  using MailReader = rpc::StreamReader<v1::AppendMailRequest>;
  net::Task<absl::Status> DoSearch(const v1::SearchMailsRequest& request,
                                   v1::SearchMailsResponse& response);
  net::Task<absl::Status> DoReadPart(const v1::ReadMailPartRequest& request, PartWriter& writer);
  net::Task<absl::Status> DoChangeFlags(const v1::ChangeFlagsRequest& request);
  net::Task<absl::Status> DoMove(const v1::MoveMailsRequest& request,
                                 v1::MoveMailsResponse& response);
  net::Task<absl::Status> DoDelete(const v1::DeleteMailsRequest& request);
  net::Task<absl::Status> DoAppend(MailReader& reader, v1::AppendMailResponse& response);
  net::Task<absl::Status> DoApplyRules(const v1::ApplyRulesRequest& request,
                                       v1::ApplyRulesResponse& response);
  net::Task<absl::Status> DoQuota(const v1::GetMailQuotaRequest& request,
                                  v1::GetMailQuotaResponse& response);
  // As Visitable; kUnimplemented, with a wording, unless it is an IMAP account.
  absl::StatusOr<std::shared_ptr<const Account>> ByImap(const std::string& account_id) const;
  static crypto::Secret TakeFrom(const std::string& of_request);
  absl::Status LendPassword(Account& account) const;
  // kNotFound, or with a wording why its mailbox is not to be visited.
  absl::StatusOr<std::shared_ptr<const Account>> Visitable(const std::string& account_id) const;

  boost::asio::any_io_executor executor_;
  std::optional<Desks> desks_;
};

}  // namespace postern::fetcher
