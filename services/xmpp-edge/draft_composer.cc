#include "services/xmpp-edge/draft_composer.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "lib/rpc/mail_codec.h"
#include "lib/schedule/wall_clock.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/draft_writer.h"
#include "services/xmpp-edge/outgoing_draft.h"
#include "services/xmpp-edge/send_time.h"
#include "services/xmpp-edge/sending_account.h"
#include "services/xmpp-edge/texts/forwarding.h"
#include "services/xmpp-edge/texts/send_time.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxContextBytes = 4096;  // sender.proto

std::vector<mail::Address> FromProtos(
    const google::protobuf::RepeatedPtrField<postern::mail::v1::Address>& protos) {
  std::vector<mail::Address> addresses;
  for (const auto& proto : protos) addresses.push_back(rpc::FromProto(proto));
  return addresses;
}

bool IsEmpty(const ChatMail& mail) {
  return mail.text.empty() && mail.files.empty() && mail.forward.empty() && !mail.quote;
}

// What is forwarded or quoted has to be read from the mailbox.
absl::Status MayQuote(const ChatMail& mail, const std::optional<AnsweredMail>& answered,
                      const Words& words) {
  if (mail.forward.empty() && !mail.quote) return absl::OkStatus();
  if (!answered) return absl::InvalidArgumentError(texts::NothingToQuote(words));
  if (!answered->mail.mail_ref.empty()) return absl::OkStatus();
  if (!answered->mail.is_own) return absl::FailedPreconditionError(texts::MailNotReadable(words));
  return absl::InvalidArgumentError(mail.quote ? texts::NothingToQuote(words)
                                               : texts::NothingToForward(words));
}

// The same of a correction: of the former message it is known which mail it was.
absl::Status MayStillQuote(const ChatMail& mail, const edge::v1::OutgoingContext& former,
                           const Words& words) {
  const bool forwards = former.has_lack() && former.lack().forward();
  const bool begins =
      (!mail.forward.empty() && !forwards) || (mail.quote && former.lack().mail_ref().empty());
  return begins ? absl::InvalidArgumentError(texts::CorrectionCantQuote(words)) : absl::OkStatus();
}

}  // namespace

DraftComposer::DraftComposer(FeatureContext context, ClientClocks& clocks)
    : context_(std::move(context)), records_(context_.redis), clocks_(clocks) {}

const Words& DraftComposer::WordsFor(const Incoming& incoming) const {
  return context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
}

absl::StatusOr<ChatMail> DraftComposer::Read(const Element& message, const Words& words) const {
  auto mail = ReadChatMail(message, words);
  if (!mail.ok() || context_.files == nullptr) return mail;
  auto files = TakeUploads(message, words, mail->text);
  if (!files.ok()) return files.status();
  mail->files = *std::move(files);
  return mail;
}

net::Task<absl::StatusOr<sender::v1::SubmitRequest>> DraftComposer::Compose(
    Incoming incoming, std::vector<MailThread> under_way) {
  const Words& words = WordsFor(incoming);
  Question question;
  question.user = incoming.from.Bare();
  question.contact = incoming.to.Bare();
  const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
  if (place.kind == Place::Kind::kNowhere) {
    co_return absl::NotFoundError(texts::NoSuchContact(words, incoming.to.local));
  }
  auto mail = Read(incoming.stanza, words);
  if (!mail.ok()) co_return mail.status();

  if (IsEmpty(*mail)) co_return absl::InvalidArgumentError(texts::NothingToSend(words));

  const bool forwards = !mail->forward.empty();
  const bool to_address = place.kind == Place::Kind::kAddress && !forwards;
  if (to_address) mail->to.insert(mail->to.begin(), place.address);
  question.mail = *mail;
  for (MailThread& one : under_way) {
    if (one.contact == question.contact) question.under_way.push_back(std::move(one));
  }
  std::optional<AnsweredMail> answered;
  if (forwards) {
    auto found = co_await FindForwarded(std::move(question), words);
    if (!found.ok()) co_return found.status();
    answered = *std::move(found);
    mail->to.insert(mail->to.end(), mail->forward.begin(), mail->forward.end());
  } else if (to_address) {
    auto conversation = co_await FindConversation(std::move(question));
    if (conversation) answered.emplace().mail = *std::move(conversation);
  } else if (mail->to.empty() && place.kind != Place::Kind::kAccount) {
    co_return absl::InvalidArgumentError(texts::RootNeedsTo(words));
  } else if (mail->to.empty()) {
    auto found = co_await FindAnswered(std::move(question), words);
    if (!found.ok()) co_return found.status();
    mail->to = found->mail.answer_to;
    answered = *std::move(found);
  }
  absl::Status quotable = MayQuote(*mail, answered, words);
  if (!quotable.ok()) co_return quotable;
  auto request = Write(incoming, place, *mail, answered);
  if (!request.ok()) co_return request;
  absl::Status scheduled = co_await Schedule(incoming.from, *mail, words, *request);
  if (!scheduled.ok()) co_return scheduled;
  co_return request;
}

net::Task<absl::StatusOr<sender::v1::SubmitRequest>> DraftComposer::Correct(Incoming incoming,
                                                                            SentRecord former) {
  const Words& words = WordsFor(incoming);
  const std::string user = incoming.from.Bare();
  const Place place = PlaceOf(incoming.to, incoming.from, context_.directory);
  auto mail = Read(incoming.stanza, words);
  if (!mail.ok()) co_return mail.status();
  edge::v1::OutgoingContext context = xmpp_edge::ContextOf(former.request);
  absl::Status quotable = MayStillQuote(*mail, context, words);
  if (!quotable.ok()) co_return quotable;
  const bool forwards = context.lack().forward();
  if (IsEmpty(*mail) && !forwards) {
    co_return absl::InvalidArgumentError(texts::NothingToSend(words));
  }
  if (place.kind == Place::Kind::kAddress && !forwards) {
    mail->to.insert(mail->to.begin(), place.address);
  }
  mail->to.insert(mail->to.end(), mail->forward.begin(), mail->forward.end());
  if (mail->to.empty()) mail->to = FromProtos(former.request.draft().to());

  sender::v1::SubmitRequest request = std::move(former.request);
  sender::v1::Draft& draft = *request.mutable_draft();
  SetRecipients(*mail, draft);
  draft.set_text(mail->text);
  if (mail->subject.empty() && former.derived_subject) mail->subject = SubjectFromText(mail->text);
  if (!mail->subject.empty()) draft.set_subject(mail->subject);
  if (!mail->from.empty()) {
    auto sending = ChooseSendingAccount(context_.directory, user, place, mail->from, "", words);
    if (!sending.ok()) co_return sending.status();
    request.set_account_id(sending->account->id());
    draft.clear_from();
    if (sending->from_named) *draft.mutable_from() = rpc::ToProto(sending->from);
  }
  request.set_idempotency_key(
      IdempotencyKey(incoming.stanza, incoming.from, draft, context.lack().mail_ref()));
  edge::v1::OutgoingContext own = ContextOf(incoming, *mail, std::nullopt);
  own.set_thread_id(context.thread_id());
  if (forwards || mail->quote) {
    context.mutable_lack()->mutable_files()->Swap(own.mutable_lack()->mutable_files());
    own.mutable_lack()->Swap(context.mutable_lack());
  }
  request.set_context(own.SerializeAsString());
  absl::Status scheduled = co_await Schedule(incoming.from, *mail, words, request);
  if (!scheduled.ok()) co_return scheduled;
  co_return request;
}

net::Task<absl::Status> DraftComposer::Schedule(const Jid& author, const ChatMail& mail,
                                                const Words& words,
                                                sender::v1::SubmitRequest& request) {
  if (mail.send_at.empty()) co_return absl::OkStatus();
  const AccountDirectory::Account account = context_.directory.FindById(request.account_id());
  std::optional<absl::TimeZone> zone;
  if (account != nullptr && !account->sending().time_zone().empty()) {
    const auto named = schedule::FindZone(account->sending().time_zone());
    if (named.ok()) zone = *named;
  }
  if (!zone) zone = co_await clocks_.ZoneOf(author);
  const auto time = ReadSendTime(mail.send_at, absl::Now(), zone.value_or(absl::UTCTimeZone()),
                                 texts::LocalTimeWords(words));
  const std::string said = SubjectFromText(mail.send_at);  // its beginning
  if (absl::IsOutOfRange(time.status())) {
    co_return absl::InvalidArgumentError(texts::SendLineIsOver(words, said));
  }
  if (!time.ok()) {
    co_return absl::InvalidArgumentError(texts::SendLineUnreadable(words, said));
  }
  request.set_send_at_unix(absl::ToUnixSeconds(*time));
  co_return absl::OkStatus();
}

absl::StatusOr<sender::v1::SubmitRequest> DraftComposer::Write(
    const Incoming& incoming, const Place& place, const ChatMail& mail,
    const std::optional<AnsweredMail>& answered) const {
  const Words& words = WordsFor(incoming);
  const std::string user = incoming.from.Bare();
  auto sending = ChooseSendingAccount(context_.directory, user, place, mail.from,
                                      answered ? answered->mail.account_id : "", words);
  if (!sending.ok()) return sending.status();

  sender::v1::SubmitRequest request;
  request.set_account_id(sending->account->id());
  request.set_owner(user);
  const bool threads = answered && !IsDetached(answered->mail);
  const MailThread* thread = threads ? &answered->mail : nullptr;
  *request.mutable_draft() = DraftOf(mail, thread);
  if (sending->from_named) *request.mutable_draft()->mutable_from() = rpc::ToProto(sending->from);
  if (!sending->account->sending().hide_jabber_id()) {
    request.mutable_draft()->set_jabber_id(user);
  }
  const edge::v1::OutgoingContext context = ContextOf(incoming, mail, answered);
  request.set_idempotency_key(
      IdempotencyKey(incoming.stanza, incoming.from, request.draft(), context.lack().mail_ref()));
  request.set_context(context.SerializeAsString());
  if (request.context().size() - context.lack().ByteSizeLong() > kMaxContextBytes) {
    return absl::InvalidArgumentError(texts::IdsTooLong(words));
  }
  return request;
}

}  // namespace postern::xmpp_edge
