#include "services/xmpp-edge/upload_desk.h"

#include <utility>

#include "lib/mail/attachment_name.h"
#include "lib/mail/parameters.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/texts/sending.h"
#include "services/xmpp-edge/texts/uploads.h"
#include "services/xmpp-edge/uploaded_file.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kNameless[] = "file";

std::string NameFor(const edge::v1::LinkedFile& file, absl::string_view disposition) {
  std::string name = NameOf(file.file_name(), "");
  if (name.empty())
    name = NameOf(mail::ParseParameterized(disposition).Get("filename"), file.url());
  return name.empty() ? kNameless : name;
}

}  // namespace

net::Task<absl::StatusOr<UploadDesk::Files>> UploadDesk::Fetch(
    google::protobuf::RepeatedPtrField<edge::v1::LinkedFile> files, const Words& words) {
  if (source_ == nullptr) {  // it was allowed when the message came
    co_return absl::FailedPreconditionError(texts::UploadNotAllowed(words));
  }
  const std::shared_ptr<FileBudget::Claim> claim = co_await budget_.Admit(most_);
  if (claim == nullptr) co_return absl::ResourceExhaustedError(texts::TooManyWaiting(words));
  Files fetched;
  size_t bytes = 0;
  for (const edge::v1::LinkedFile& file : files) {
    auto attachment = co_await FetchOne(file, most_ - bytes, words);
    if (!attachment.ok()) co_return attachment.status();
    bytes += attachment->content().size();
    *fetched.attachments.Add() = *std::move(attachment);
  }
  claim->End(bytes);
  fetched.claim = claim;
  co_return fetched;
}

net::Task<absl::StatusOr<sender::v1::Attachment>> UploadDesk::FetchOne(edge::v1::LinkedFile file,
                                                                       size_t most,
                                                                       const Words& words) {
  if (most == 0 || file.size() > most) co_return TooLarge(words);
  auto got = co_await source_->Get(file.url(), most);
  if (!got.ok()) co_return Meaning(got.status(), words);
  if (file.size() != 0 && file.size() != got->content.size()) {
    co_return absl::FailedPreconditionError(
        texts::UploadIsAnother(words, got->content.size(), file.size()));
  }
  sender::v1::Attachment attachment;
  attachment.set_file_name(NameFor(file, got->content_disposition));
  attachment.set_content_type(TypeOf(got->content_type, file.content_type()));
  attachment.set_content(std::move(got->content));
  co_return attachment;
}

absl::Status UploadDesk::Meaning(const absl::Status& why, const Words& words) const {
  // Not the link: whoever has it has the file.
  log::Info("a file to be attached was not fetched",
            {{"code", absl::StatusCodeToString(why.code())}, {"why", why.message()}});
  switch (why.code()) {
    case absl::StatusCode::kNotFound:
      return absl::FailedPreconditionError(texts::UploadIsGone(words));
    case absl::StatusCode::kPermissionDenied:
      return absl::FailedPreconditionError(texts::UploadNotAllowed(words));
    case absl::StatusCode::kResourceExhausted:
      return TooLarge(words);
    case absl::StatusCode::kInvalidArgument:
      return absl::FailedPreconditionError(texts::UploadLinkUnreadable(words));
    case absl::StatusCode::kFailedPrecondition:
      return absl::FailedPreconditionError(texts::UploadIsNotHttps(words));
    case absl::StatusCode::kAborted:
      return absl::FailedPreconditionError(texts::UploadRefused(words));
    default:
      return absl::UnavailableError("the server that has the file can't be reached");
  }
}

absl::Status UploadDesk::TooLarge(const Words& words) const {
  return absl::FailedPreconditionError(texts::UploadTooLarge(words, most_ >> 20));
}

}  // namespace postern::xmpp_edge
