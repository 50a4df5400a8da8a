#include "services/xmpp-edge/draft_completion.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/outgoing_draft.h"
#include "services/xmpp-edge/outgoing_mail.h"
#include "services/xmpp-edge/texts/forwarding.h"
#include "services/xmpp-edge/texts/uploads.h"

namespace postern::xmpp_edge {
namespace {

using Async = fetcher::v1::FetcherService::StubInterface::async_interface;
using MailProto = postern::mail::v1::Mail;

constexpr std::chrono::seconds kPatience{40};  // a mail server is asked
constexpr char kCutMark[] = "\n[...]";
// As base64, and with a long text, they fit into the 25 MiB of a mail (sender.proto).
constexpr size_t kMostFileBytes = 18 << 20;

// What an account is set to may have changed: the same numbers then name another mail.
bool IsMeant(const MailProto& mail, const edge::v1::DraftLack& lack) {
  if (mail.message_id() != lack.message_id()) return false;
  return !mail.message_id().empty() || mail.subject() == lack.subject();
}

void Quote(const edge::v1::DraftLack& lack, MailProto& mail, CompleteDraft& draft) {
  sender::v1::Quote& quote = *draft.request.mutable_draft()->mutable_quote();
  quote.set_kind(lack.forward() ? sender::v1::Quote::KIND_FORWARD : sender::v1::Quote::KIND_REPLY);
  *quote.mutable_from() = mail.from();
  *quote.mutable_to() = mail.to();
  quote.set_date_unix(mail.date_unix() != 0 ? mail.date_unix() : mail.received_unix());
  quote.set_subject(mail.subject());
  quote.set_text(std::move(*mail.mutable_text()));
  if (mail.text_truncated()) quote.mutable_text()->append(kCutMark);
  draft.text_cut = lack.forward() && mail.text_truncated();
}

}  // namespace

DraftCompletion::DraftCompletion(FeatureContext context)
    : context_(std::move(context)),
      budget_(context_.executor),
      uploads_(budget_, context_.files, context_.most_file_bytes),
      mail_files_(context_.executor, context_.fetcher, budget_) {}

std::shared_ptr<CompleteDraft> DraftCompletion::Hold() {
  ++*held_;
  return std::shared_ptr<CompleteDraft>(new CompleteDraft, [held = held_](CompleteDraft* done) {
    --*held;
    delete done;
  });
}

net::Task<absl::StatusOr<std::shared_ptr<const CompleteDraft>>> DraftCompletion::Complete(
    sender::v1::SubmitRequest request) {
  edge::v1::OutgoingContext author = ContextOf(request);
  const edge::v1::DraftLack lack = author.lack();
  const bool quotes = !lack.mail_ref().empty();
  if (quotes && *held_ >= kMostAtOnce) {
    co_return absl::UnavailableError("too many mails are being read");
  }
  std::shared_ptr<CompleteDraft> draft = quotes ? Hold() : std::make_shared<CompleteDraft>();
  if (author.has_lack()) {
    author.clear_lack();
    request.set_context(author.SerializeAsString());
  }
  draft->request = std::move(request);
  absl::StatusOr<MailProto> mail = MailProto();
  if (quotes) {
    mail = co_await ReadMail(draft->request.owner(), lack);
    if (!mail.ok()) co_return mail.status();
    Quote(lack, *mail, *draft);
  }
  if (lack.files_size() > 0) {
    absl::Status attached = co_await AttachUploads(lack, *draft);
    if (!attached.ok()) co_return attached;
  }
  if (lack.forward()) {
    absl::Status attached = co_await AttachForwarded(lack, mail->attachments(), *draft);
    if (!attached.ok()) co_return attached;
  }
  co_return draft;
}

net::Task<absl::Status> DraftCompletion::AttachUploads(edge::v1::DraftLack lack,
                                                       CompleteDraft& draft) {
  const Words& words = context_.interpreter.Of(draft.request.owner());
  auto files = co_await uploads_.Fetch(lack.files(), words);
  if (!files.ok()) co_return files.status();
  draft.request.mutable_draft()->mutable_attachments()->Swap(&files->attachments);
  draft.claims.push_back(std::move(files->claim));
  co_return absl::OkStatus();
}

net::Task<absl::Status> DraftCompletion::AttachForwarded(
    edge::v1::DraftLack lack,
    google::protobuf::RepeatedPtrField<postern::mail::v1::Attachment> listed,
    CompleteDraft& draft) {
  auto& attachments = *draft.request.mutable_draft()->mutable_attachments();
  size_t bytes = 0;
  for (const sender::v1::Attachment& uploaded : attachments) bytes += uploaded.content().size();
  const size_t left = kMostFileBytes - std::min(bytes, kMostFileBytes);
  auto files = co_await mail_files_.Fetch(lack.account_id(), lack.mail_ref(), listed, left);
  if (!files.ok()) co_return files.status();
  for (sender::v1::Attachment& file : files->attachments) *attachments.Add() = std::move(file);
  draft.left_out = std::move(files->left_out);
  draft.claims.push_back(std::move(files->claim));
  co_return absl::OkStatus();
}

std::string DraftCompletion::Silence(const sender::v1::SubmitRequest& request) const {
  const Words& words = context_.interpreter.Of(request.owner());
  const bool quotes = !ContextOf(request).lack().mail_ref().empty();
  return quotes ? texts::MailboxSilent(words) : texts::UploadNotReached(words);
}

net::Task<absl::StatusOr<MailProto>> DraftCompletion::ReadMail(std::string owner,
                                                               edge::v1::DraftLack lack) {
  if (!context_.directory.ready()) co_return absl::UnavailableError("accounts not yet known");
  const Words& words = context_.interpreter.Of(owner);
  const AccountDirectory::Account account = context_.directory.FindById(lack.account_id());
  if (account == nullptr || account->owner() != owner) {
    co_return absl::FailedPreconditionError(texts::MailNotReadable(words));
  }
  fetcher::v1::ReadMailsRequest request;
  request.set_account_id(lack.account_id());
  request.add_ids(lack.mail_ref());
  auto read = co_await rpc::Call(context_.fetcher.async(), &Async::ReadMails, std::move(request),
                                 kPatience);
  if (!read.ok()) co_return Unreadable(read.status(), words);
  if (read->mails_size() != 1 || !IsMeant(read->mails(0).mail(), lack)) {
    co_return absl::FailedPreconditionError(texts::MailNotReadable(words));
  }
  co_return std::move(*read->mutable_mails(0)->mutable_mail());
}

absl::Status DraftCompletion::Unreadable(const absl::Status& why, const Words& words) const {
  if (IsNotNow(why)) return why;
  if (absl::IsResourceExhausted(why)) return absl::UnavailableError(why.message());
  const auto wording = words::WordingOf(why);
  return absl::FailedPreconditionError(wording ? texts::MailboxRefuses(words, words.Say(*wording))
                                               : texts::MailNotReadable(words));
}

}  // namespace postern::xmpp_edge
