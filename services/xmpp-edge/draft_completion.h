#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.pb.h"
#include "postern/fetcher/v1/fetcher.pb.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/file_budget.h"
#include "services/xmpp-edge/mail_files.h"
#include "services/xmpp-edge/upload_desk.h"

namespace postern::xmpp_edge {

// A draft as the sender takes it, and what its author should know.
struct CompleteDraft {
  sender::v1::SubmitRequest request;
  std::vector<std::string> left_out;  // attachments of a mail that is forwarded: their names
  bool text_cut = false;              // of that mail
  std::vector<std::shared_ptr<void>> claims;  // to the memory of files
};

// Reads what a draft lacks (edge.proto, DraftLack): the mail that it forwards or quotes, files that
// were uploaded for it, and of a mail that is forwarded the attachments. Such drafts are large, so
// only a few of them are in memory at once.
class DraftCompletion {
 public:
  static constexpr int kMostAtOnce = 16;

  explicit DraftCompletion(FeatureContext context);

  // kUnavailable, kDeadlineExceeded and so on (IsNotNow): may be tried again. Other errors are
  // sentences for the author. A draft that lacks nothing is answered at once, as it is.
  net::Task<absl::StatusOr<std::shared_ptr<const CompleteDraft>>> Complete(
      sender::v1::SubmitRequest request);
  // Why such a draft was given up when it could not be read all the time.
  std::string Silence(const sender::v1::SubmitRequest& request) const;

 private:
  // A draft that counts as one of those that quote a mail until nobody has it any more.
  std::shared_ptr<CompleteDraft> Hold();
  net::Task<absl::StatusOr<postern::mail::v1::Mail>> ReadMail(std::string owner,
                                                              edge::v1::DraftLack lack);
  net::Task<absl::Status> AttachUploads(edge::v1::DraftLack lack, CompleteDraft& draft);
  // Those of the mail, as far as they fit beside what was uploaded.
  net::Task<absl::Status> AttachForwarded(
      edge::v1::DraftLack lack,
      google::protobuf::RepeatedPtrField<postern::mail::v1::Attachment> listed,
      CompleteDraft& draft);
  absl::Status Unreadable(const absl::Status& why, const Words& words) const;

  FeatureContext context_;
  FileBudget budget_;
  UploadDesk uploads_;
  MailFiles mail_files_;
  std::shared_ptr<int> held_ = std::make_shared<int>(0);  // large drafts
};

}  // namespace postern::xmpp_edge
