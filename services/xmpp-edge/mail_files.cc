#include "services/xmpp-edge/mail_files.h"

#include <chrono>
#include <optional>
#include <utility>

#include "lib/process/log.h"
#include "services/xmpp-edge/outgoing_mail.h"
#include "services/xmpp-edge/part_call.h"

namespace postern::xmpp_edge {
namespace {

using fetcher::v1::ReadMailPartRequest;
using Listed = postern::mail::v1::Attachment;

constexpr std::chrono::minutes kPartLimit{3};

std::string NameOf(const Listed& attachment) {
  return attachment.file_name().empty() ? attachment.content_type() : attachment.file_name();
}

sender::v1::Attachment ToDraft(const Listed& listed, std::string content) {
  sender::v1::Attachment attachment;
  attachment.set_file_name(listed.file_name());
  attachment.set_content_type(listed.content_type());
  attachment.set_content(std::move(content));
  return attachment;
}

}  // namespace

net::Task<absl::StatusOr<MailFiles::Files>> MailFiles::Fetch(
    std::string account_id, std::string mail_ref, google::protobuf::RepeatedPtrField<Listed> listed,
    size_t most) {
  Files files;
  if (listed.empty()) co_return files;
  const std::shared_ptr<FileBudget::Claim> claim = co_await budget_.Admit(most);
  if (claim == nullptr) co_return absl::UnavailableError("too many files are in memory");
  size_t bytes = 0;
  for (int i = 0; i < listed.size(); ++i) {
    const bool full = static_cast<size_t>(files.attachments.size()) >= kMostFiles;
    if (full || listed[i].size() > most - bytes) {
      files.left_out.push_back(NameOf(listed[i]));
      continue;
    }
    ReadMailPartRequest request;
    request.set_account_id(account_id);
    request.set_id(mail_ref);
    request.set_attachment(static_cast<uint32_t>(i) + 1);
    auto content = co_await Read(std::move(request), most - bytes);
    if (IsNotNow(content.status())) co_return content.status();
    if (absl::IsResourceExhausted(content.status())) {  // of the mail server's connections
      co_return absl::UnavailableError(content.status().message());
    }
    if (!content.ok()) {
      log::Info("an attachment does not go along", {{"why", content.status().message()}});
      files.left_out.push_back(NameOf(listed[i]));
      continue;
    }
    bytes += content->size();
    *files.attachments.Add() = ToDraft(listed[i], *std::move(content));
  }
  claim->End(bytes);
  files.claim = claim;
  co_return files;
}

net::Task<absl::StatusOr<std::string>> MailFiles::Read(ReadMailPartRequest request, size_t most) {
  PartCall call(executor_, fetcher_, std::move(request), kPartLimit);
  std::string content;
  for (;;) {
    auto piece = co_await call.Read();
    if (!piece) break;
    // Its size was an estimate.
    if (piece->data().size() > most - content.size()) {
      co_return absl::OutOfRangeError("it is too large to go along");
    }
    content.append(piece->data());
  }
  absl::Status whole = co_await call.Finish();
  if (!whole.ok()) co_return whole;
  co_return content;
}

}  // namespace postern::xmpp_edge
