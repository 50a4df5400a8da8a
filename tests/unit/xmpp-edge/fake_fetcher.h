#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "postern/fetcher/v1/fetcher.grpc.pb.h"

namespace postern::xmpp_edge {

// The fetcher, as far as the edge calls it. Set what it answers before the stanza is
// sent; what it was asked is in the vectors. A lock guards it against gRPC's threads.
class FakeFetcher : public fetcher::v1::FetcherService::Service {
 public:
  grpc::Status CheckAccount(grpc::ServerContext*, const fetcher::v1::CheckAccountRequest* request,
                            fetcher::v1::CheckAccountResponse*) override {
    const std::lock_guard lock(mutex);
    checked.push_back(request->account_id());
    return failure;
  }
  grpc::Status TryAccount(grpc::ServerContext*, const fetcher::v1::TryAccountRequest* request,
                          fetcher::v1::TryAccountResponse* response) override {
    std::unique_lock lock(mutex);
    tried.push_back(*request);
    AwaitRelease(lock);
    *response = trial;
    return failure;
  }
  grpc::Status HoldPassword(grpc::ServerContext*, const fetcher::v1::HoldPasswordRequest* request,
                            fetcher::v1::HoldPasswordResponse*) override {
    const std::lock_guard lock(mutex);
    held[request->account_id()] = request->password();
    return failure;
  }
  grpc::Status RetainPasswords(grpc::ServerContext*,
                               const fetcher::v1::RetainPasswordsRequest* request,
                               fetcher::v1::RetainPasswordsResponse*) override {
    const std::lock_guard lock(mutex);
    retained.assign(request->users().begin(), request->users().end());
    ++retentions;
    all_retained.push_back(retained);
    return failure;
  }
  // By the path, joined with "\n"; NOT_FOUND for one that is not here.
  grpc::Status ListFolders(grpc::ServerContext*, const fetcher::v1::ListFoldersRequest* request,
                           fetcher::v1::ListFoldersResponse* response) override {
    std::unique_lock lock(mutex);
    AwaitRelease(lock);
    if (!failure.ok()) return failure;
    std::string path;
    for (const std::string& name : request->path()) path += (path.empty() ? "" : "\n") + name;
    const auto found = folders.find({request->account_id(), path});
    if (found == folders.end()) return {grpc::StatusCode::NOT_FOUND, "no such folder"};
    *response = found->second;
    return grpc::Status::OK;
  }
  // `mails` is newest first.
  grpc::Status ListMails(grpc::ServerContext*, const fetcher::v1::ListMailsRequest* request,
                         fetcher::v1::ListMailsResponse* response) override {
    const std::lock_guard lock(mutex);
    if (!failure.ok()) return failure;
    size_t at = 0;
    if (!request->before_id().empty()) {
      while (at < mails.size() && mails[at].id() != request->before_id()) ++at;
      ++at;
    }
    const size_t limit = request->limit() == 0 ? 10 : request->limit();
    for (; at < mails.size() && response->mails_size() < static_cast<int>(limit); ++at) {
      *response->add_mails() = mails[at];
    }
    response->set_more(at < mails.size());
    return grpc::Status::OK;
  }
  grpc::Status ReadMails(grpc::ServerContext*, const fetcher::v1::ReadMailsRequest* request,
                         fetcher::v1::ReadMailsResponse* response) override {
    const std::lock_guard lock(mutex);
    if (!failure.ok()) return failure;
    if (reads_left-- == 0) return {grpc::StatusCode::UNAVAILABLE, "the mail server went away"};
    for (const std::string& id : request->ids()) {
      read.push_back(id);
      if (const auto found = whole.find(id); found != whole.end()) {
        auto* mail = response->add_mails();
        mail->set_id(id);
        *mail->mutable_mail() = found->second;
        continue;
      }
      for (const auto& summary : mails) {
        if (summary.id() != id) continue;
        auto* mail = response->add_mails();
        mail->set_id(id);
        mail->mutable_mail()->set_subject(summary.subject());
        *mail->mutable_mail()->add_from() = summary.from();
        mail->mutable_mail()->set_text("text of " + summary.subject());
      }
    }
    return grpc::Status::OK;
  }

  // `judged` is newest first.
  grpc::Status ApplyRules(grpc::ServerContext*, const fetcher::v1::ApplyRulesRequest* request,
                          fetcher::v1::ApplyRulesResponse* response) override {
    const std::lock_guard lock(mutex);
    applied.push_back(*request);
    if (!failure.ok()) return failure;
    size_t at = 0;
    while (!request->before_id().empty() && at < judged.size()) {
      if (judged[at++].mail().id() == request->before_id()) break;
    }
    for (; at < judged.size() && response->mails_size() < most_judged; ++at) {
      *response->add_mails() = judged[at];
    }
    response->set_more(at < judged.size());
    return grpc::Status::OK;
  }

  // Of `parts`, in pieces; NOT_FOUND for one that is not there.
  grpc::Status ReadMailPart(
      grpc::ServerContext*, const fetcher::v1::ReadMailPartRequest* request,
      grpc::ServerWriter<fetcher::v1::ReadMailPartResponse>* writer) override {
    const std::lock_guard lock(mutex);
    if (!failure.ok()) return failure;
    const auto found = parts.find({request->id(), request->attachment()});
    if (found == parts.end()) return {grpc::StatusCode::NOT_FOUND, "no such part"};
    constexpr size_t kPiece = 1000;
    for (size_t at = 0; at < found->second.size(); at += kPiece) {
      fetcher::v1::ReadMailPartResponse piece;
      piece.set_data(found->second.substr(at, kPiece));
      writer->Write(piece);
    }
    return grpc::Status::OK;
  }

  // While held, what asks a mail server takes its time.
  void Hold(bool hold) {
    const std::lock_guard lock(mutex);
    slow = hold;
    released.notify_all();
  }
  void AwaitRelease(std::unique_lock<std::mutex>& lock) {
    released.wait_for(lock, std::chrono::seconds(5), [this] { return !slow; });
  }

  std::mutex mutex;
  std::condition_variable released;
  bool slow = false;
  grpc::Status failure;
  fetcher::v1::TryAccountResponse trial;
  std::map<std::pair<std::string, std::string>, fetcher::v1::ListFoldersResponse> folders;
  std::vector<fetcher::v1::MailSummary> mails;
  std::map<std::string, postern::mail::v1::Mail> whole;  // by id; others are made of `mails`
  std::map<std::pair<std::string, uint32_t>, std::string> parts;  // by id, and counted from 1
  std::vector<std::string> checked, retained, read;
  std::vector<fetcher::v1::TryAccountRequest> tried;
  std::map<std::string, std::string> held;  // account id -> password
  int retentions = 0;
  int reads_left = -1;  // calls of ReadMails until one fails; below 0: none does
  std::vector<std::vector<std::string>> all_retained;
  std::vector<fetcher::v1::ApplyRulesResponse::Judged> judged;
  int most_judged = 500;  // in one answer
  std::vector<fetcher::v1::ApplyRulesRequest> applied;
};

}  // namespace postern::xmpp_edge
