#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/mime_parser.h"
#include "lib/rpc/mail_codec.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"

namespace postern::testing {

// A fetcher with one mailbox, whose folder for sent mail is below INBOX. Its calls come on gRPC's
// threads.
class FakeMailbox final : public fetcher::v1::FetcherService::Service {
 public:
  struct Mail {
    std::string content, flags;
    int64_t received_unix = 0;
  };

  void Put(std::string content) {
    std::lock_guard lock(mutex_);
    mails_.push_back({std::move(content), "", 0});
  }
  std::vector<Mail> mails() {
    std::lock_guard lock(mutex_);
    return mails_;
  }
  // Appends end with this; `kept`: and the mail is there all the same.
  void FailAppends(grpc::Status status, bool kept = false) {
    std::lock_guard lock(mutex_);
    append_failure_ = std::move(status);
    kept_ = kept;
  }
  void FindByWordsAlone() { by_words_ = true; }
  void HaveNoSentFolder() { special_use_ = "Archive"; }
  int appends() {
    std::lock_guard lock(mutex_);
    return appends_;
  }
  // "INBOX/Sent", as the last call named it.
  std::string asked_folder() {
    std::lock_guard lock(mutex_);
    return asked_folder_;
  }

  grpc::Status ListFolders(grpc::ServerContext*, const fetcher::v1::ListFoldersRequest* request,
                           fetcher::v1::ListFoldersResponse* response) override {
    auto* folder = response->add_folders();
    folder->set_selectable(true);
    if (request->path().empty()) {
      folder->set_name("INBOX");
      folder->set_mailbox("INBOX");
      folder->set_has_children(true);
    } else {
      folder->set_name("Gesendet");
      folder->set_mailbox("INBOX/Gesendet");
      folder->set_special_use(special_use_);
    }
    return grpc::Status::OK;
  }
  grpc::Status SearchMails(grpc::ServerContext*, const fetcher::v1::SearchMailsRequest* request,
                           fetcher::v1::SearchMailsResponse* response) override {
    std::lock_guard lock(mutex_);
    asked_folder_ = request->mailbox();
    for (size_t i = 0; i < mails_.size(); ++i) {
      const bool has_text = !by_words_ && absl::StrContains(mails_[i].content, request->text());
      const std::string subject = postern::mail::ParseMail(mails_[i].content).subject;
      const bool fits = request->text().empty() ? subject == request->subject() : has_text;
      if (fits) response->add_mails()->set_id(absl::StrCat(i));
    }
    return grpc::Status::OK;
  }
  grpc::Status ReadMails(grpc::ServerContext*, const fetcher::v1::ReadMailsRequest* request,
                         fetcher::v1::ReadMailsResponse* response) override {
    std::lock_guard lock(mutex_);
    for (const std::string& id : request->ids()) {
      const Mail& mail = mails_[static_cast<size_t>(std::stoi(id))];
      *response->add_mails()->mutable_mail() = rpc::ToProto(postern::mail::ParseMail(mail.content));
    }
    return grpc::Status::OK;
  }
  grpc::Status AppendMail(grpc::ServerContext*,
                          grpc::ServerReader<fetcher::v1::AppendMailRequest>* reader,
                          fetcher::v1::AppendMailResponse*) override {
    fetcher::v1::AppendMailRequest message;
    Mail mail;
    uint64_t size = 0;
    while (reader->Read(&message)) {
      if (size == 0) {
        size = message.size();
        mail.received_unix = message.received_unix();
        for (const std::string& flag : message.flags()) mail.flags += flag;
      }
      mail.content += message.data();
    }
    std::lock_guard lock(mutex_);
    ++appends_;
    if (mail.content.size() != size) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "not the size that was said");
    }
    if (append_failure_.ok() || kept_) mails_.push_back(std::move(mail));
    return append_failure_;
  }

 private:
  std::mutex mutex_;
  std::vector<Mail> mails_;
  grpc::Status append_failure_;
  std::string asked_folder_;
  std::string special_use_ = "Sent";
  bool kept_ = false, by_words_ = false;
  int appends_ = 0;
};

}  // namespace postern::testing
