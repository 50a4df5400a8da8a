#include "services/fetcher/effects/sending_on.h"

#include <chrono>
#include <ctime>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "lib/crypto/digest.h"
#include "lib/mail/address.h"
#include "lib/mail/body_encoding.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/header_writer.h"
#include "lib/mail/outgoing_mail.h"
#include "lib/mail/utf8.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "postern/edge/v1/edge.pb.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::milliseconds kDeadline{20'000};
// 25 MiB have to come over first.
constexpr std::chrono::milliseconds kCopyDeadline{60'000};
constexpr size_t kMaxReferences = 50;
constexpr size_t kMaxEntityHeader = 64 * 1024, kMaxEntityFields = 100;

using SenderAsync = sender::v1::SenderService::StubInterface::async_interface;

absl::Status NoWay() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("you have no account that sends mail"));
}

absl::Status NoFrom() {
  return words::Error(
      absl::StatusCode::kFailedPrecondition,
      words::Word("the account has no usable From address; enter one in the account's settings"));
}

edge::v1::SentByRule KindOf(const rules::v1::Action& action) {
  if (action.has_answer()) return edge::v1::SENT_BY_RULE_ANSWER;
  return action.has_redirect() ? edge::v1::SENT_BY_RULE_COPY : edge::v1::SENT_BY_RULE_NOTICE;
}

// The owner, and nobody's message: told of failures alone.
std::string ContextFor(const Account& account, const rules::v1::Action& action) {
  edge::v1::OutgoingContext context;
  context.set_user(account.owner);
  context.set_failures_only(true);
  context.set_sent_by_rule(KindOf(action));
  return context.SerializeAsString();
}

std::string CrLf(const std::string& text) {
  return absl::StrReplaceAll(absl::StrReplaceAll(text, {{"\r\n", "\n"}}), {{"\n", "\r\n"}});
}

std::string TextEntity(const std::string& text) {
  const mail::EncodedBody body = mail::EncodeBody(mail::CleanText(text));
  return absl::StrCat("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ",
                      body.transfer_encoding, "\r\n\r\n", body.bytes);
}

// What a script gives is an entity (RFC 5230 section 4.8): of its fields those that tell of its
// content go out. The others are ours to say.
std::string MimeEntity(const std::string& mime) {
  const mail::HeaderFields header =
      mail::ReadHeaderFields(mime, kMaxEntityHeader, kMaxEntityFields);
  std::string entity;
  for (const mail::RawField& field : header.fields) {
    if (!absl::StartsWithIgnoreCase(field.name, "Content-")) continue;
    const char* const end = field.body.data() + field.body.size();
    entity.append(field.name.data(), end - field.name.data()).append("\n");
  }
  return absl::StrCat(entity, "\n", absl::string_view(mime).substr(header.end));
}

bool IsAsItIs(const rules::v1::Action::Answer& answer) {
  return !answer.mime().empty() || !answer.filed_in().empty();
}

// Rules know the addresses that are written to, but a server takes mail in the name of its own
// account; where none is known, it decides.
mail::Address FromOf(const mail::Address& wanted, const SendingBook::Way& way) {
  const std::string spec = wanted.Spec();
  const auto same = [&](const std::string& own) { return absl::EqualsIgnoreCase(own, spec); };
  const bool is_own = !wanted.domain.empty() && absl::c_any_of(way.addresses, same);
  if (!is_own) return way.from;
  const bool has_name = !wanted.display_name.empty();
  if (!has_name && absl::EqualsIgnoreCase(way.from.Spec(), spec)) return way.from;  // with its name
  return wanted;
}

// RFC 5436 section 2.3.
mail::Address FromOf(const rules::v1::Action::Notify& notify, const SendingBook::Way& way) {
  const auto wanted = mail::ParseAddress(notify.from());
  return wanted.ok() ? FromOf(*wanted, way) : way.from;
}

std::string IdField(absl::string_view name, const std::vector<std::string>& ids) {
  mail::HeaderWords words;
  for (const std::string& id : ids) {
    if (mail::IsMessageId(id)) words.push_back(absl::StrCat("<", id, ">"));
  }
  return words.empty() ? "" : mail::HeaderLine(name, words);
}

// To and Cc; RFC 5322 section 3.6.3 wants neither to be empty.
std::string ReceiverFields(const std::vector<mail::Address>& to,
                           const std::vector<mail::Address>& cc) {
  std::string fields;
  if (!to.empty()) fields += mail::HeaderLine("To", mail::AddressListWords(to));
  if (!cc.empty()) fields += mail::HeaderLine("Cc", mail::AddressListWords(cc));
  return fields;
}

// The first fields of a mail of ours, which is `kind` of an action.
AnswerMail BeginMail(absl::string_view kind, const rules::v1::Action& action,
                     const mail::Address& from, const std::string& receivers,
                     absl::string_view subject, int64_t date_unix) {
  const std::string hash = crypto::Sha256Hex(absl::StrCat(kind, "\n", action.key()));
  AnswerMail begun;
  begun.message_id = absl::StrCat(hash.substr(0, 32), "@", from.domain);
  const std::string date = absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000",
                                            absl::FromUnixSeconds(date_unix), absl::UTCTimeZone());
  begun.mail = absl::StrCat(mail::HeaderLine("From", mail::AddressWords(from)), receivers,
                            mail::HeaderLine("Subject", mail::TextWords(mail::CleanLine(subject))),
                            "Date: ", date, "\r\n", "Message-ID: <", begun.message_id, ">\r\n");
  return begun;
}

}  // namespace

AnswerMail WriteAnswer(const rules::v1::Action& action, const mail::Address& from,
                       int64_t date_unix) {
  const rules::v1::Action::Answer& answer = action.answer();
  const std::string to = absl::StrCat("To: <", mail::CleanLine(answer.to()), ">\r\n");
  AnswerMail written = BeginMail("answer", action, from, to, answer.subject(), date_unix);
  std::vector<std::string> references(answer.references().begin(), answer.references().end());
  if (references.size() > kMaxReferences) {
    references.erase(references.begin() + 1, references.end() - kMaxReferences + 1);
  }
  absl::StrAppend(&written.mail, IdField("In-Reply-To", {answer.in_reply_to()}),
                  IdField("References", references),
                  "Auto-Submitted: auto-replied (vacation)\r\nMIME-Version: 1.0\r\n");
  const std::string entity =
      answer.mime().empty() ? TextEntity(answer.text()) : MimeEntity(answer.mime());
  absl::StrAppend(&written.mail, CrLf(entity));
  return written;
}

AnswerMail WriteNotice(const rules::v1::Action& action, const MailNotification& notification,
                       const mail::Address& from, int64_t date_unix) {
  AnswerMail written =
      BeginMail("notice", action, from, ReceiverFields(notification.to, notification.cc),
                notification.subject, date_unix);
  absl::StrAppend(&written.mail, "Auto-Submitted: auto-notified\r\nMIME-Version: 1.0\r\n",
                  CrLf(TextEntity(notification.text)));
  return written;
}

net::Task<absl::Status> SendingOn::SubmitCopy(const Account& account,
                                              const rules::v1::Action& action,
                                              sender::v1::SubmitCopyRequest request) {
  if (request.mail().size() > kMostBytes) {
    co_return words::Error(absl::StatusCode::kResourceExhausted,
                           words::Word("the mail is too large to be sent on"));
  }
  request.set_idempotency_key(action.key());
  request.set_owner(account.owner);
  request.set_context(ContextFor(account, action));
  auto answer = co_await rpc::Call(sender_.async(), &SenderAsync::SubmitCopy, std::move(request),
                                   kCopyDeadline);
  co_return answer.status();
}

net::Task<absl::Status> SendingOn::Redirect(const Account& account, const rules::v1::Action& action,
                                            std::string mail) {
  const auto way = book_.For(account);
  if (!way) co_return NoWay();
  sender::v1::SubmitCopyRequest request;
  request.set_account_id(way->account_id);
  *request.mutable_recipients() = action.redirect().addresses();
  request.set_mail(std::move(mail));
  request.set_headers_only(action.redirect().headers_only());
  co_return co_await SubmitCopy(account, action, std::move(request));
}

net::Task<absl::Status> SendingOn::Submit(const Account& account, const rules::v1::Action& action,
                                          std::string account_id, sender::v1::Draft draft) {
  sender::v1::SubmitRequest request;
  request.set_idempotency_key(action.key());
  request.set_account_id(std::move(account_id));
  request.set_owner(account.owner);
  *request.mutable_draft() = std::move(draft);
  request.set_context(ContextFor(account, action));
  auto answer =
      co_await rpc::Call(sender_.async(), &SenderAsync::Submit, std::move(request), kDeadline);
  co_return answer.status();
}

net::Task<absl::Status> SendingOn::Answer(const Account& account, const rules::v1::Action& action) {
  const rules::v1::Action::Answer& answer = action.answer();
  const auto way = book_.For(account);
  if (!way) co_return NoWay();
  const auto to = mail::ParseAddress(answer.to());
  if (!to.ok()) co_return to.status();
  const mail::Address from = FromOf(rpc::FromProto(answer.from()), *way);
  if (IsAsItIs(answer)) {
    if (from.domain.empty()) co_return NoFrom();
    sender::v1::SubmitCopyRequest request;
    request.set_account_id(way->account_id);
    request.add_recipients(answer.to());
    request.set_mail(WriteAnswer(action, from, std::time(nullptr)).mail);
    co_return co_await SubmitCopy(account, action, std::move(request));
  }
  sender::v1::Draft draft;
  if (!from.domain.empty()) *draft.mutable_from() = rpc::ToProto(from);
  *draft.add_to() = rpc::ToProto(*to);
  draft.set_subject(mail::CleanLine(answer.subject()));
  draft.set_text(mail::CleanText(answer.text()));
  draft.set_in_reply_to(answer.in_reply_to());
  *draft.mutable_references() = answer.references();
  draft.set_auto_submitted(sender::v1::AUTO_SUBMITTED_REPLIED);
  draft.set_no_signature(true);
  co_return co_await Submit(account, action, way->account_id, std::move(draft));
}

absl::StatusOr<AnswerMail> SendingOn::Written(const Account& account,
                                              const rules::v1::Action& action) const {
  const auto way = book_.For(account);
  if (!way) return NoWay();
  const mail::Address from = FromOf(rpc::FromProto(action.answer().from()), *way);
  if (from.domain.empty()) return NoFrom();
  return WriteAnswer(action, from, std::time(nullptr));
}

absl::StatusOr<AnswerMail> SendingOn::WrittenNotice(const Account& account,
                                                    const rules::v1::Action& action,
                                                    const MailNotification& notification) const {
  const auto way = book_.For(account);
  if (!way) return NoWay();
  const mail::Address from = FromOf(action.notify(), *way);
  if (from.domain.empty()) return NoFrom();
  return WriteNotice(action, notification, from, std::time(nullptr));
}

net::Task<absl::Status> SendingOn::Mailto(const Account& account, const rules::v1::Action& action,
                                          const MailNotification& notification) {
  const auto way = book_.For(account);
  if (!way) co_return NoWay();
  if (!action.notify().filed_in().empty()) {
    // The very same mail is filed.
    const auto written = WrittenNotice(account, action, notification);
    if (!written.ok()) co_return written.status();
    sender::v1::SubmitCopyRequest request;
    request.set_account_id(way->account_id);
    for (const mail::Address& to : notification.to) request.add_recipients(to.Spec());
    for (const mail::Address& cc : notification.cc) request.add_recipients(cc.Spec());
    request.set_mail(written->mail);
    co_return co_await SubmitCopy(account, action, std::move(request));
  }
  sender::v1::Draft draft;
  const mail::Address from = FromOf(action.notify(), *way);
  if (!from.domain.empty()) *draft.mutable_from() = rpc::ToProto(from);
  for (const mail::Address& to : notification.to) *draft.add_to() = rpc::ToProto(to);
  for (const mail::Address& cc : notification.cc) *draft.add_cc() = rpc::ToProto(cc);
  draft.set_subject(notification.subject);
  draft.set_text(notification.text);
  draft.set_auto_submitted(sender::v1::AUTO_SUBMITTED_NOTIFIED);
  draft.set_no_signature(true);
  co_return co_await Submit(account, action, way->account_id, std::move(draft));
}

}  // namespace postern::fetcher
