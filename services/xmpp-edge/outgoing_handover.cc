// A draft on its way from OutgoingMail to the sender.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "lib/schedule/wall_clock.h"
#include "services/xmpp-edge/mail_to_message.h"
#include "services/xmpp-edge/outcome.h"
#include "services/xmpp-edge/outgoing_draft.h"
#include "services/xmpp-edge/outgoing_mail.h"
#include "services/xmpp-edge/texts/forwarding.h"
#include "services/xmpp-edge/texts/send_time.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 10s;  // with each of rules and sender
constexpr auto kPause = 1s;
constexpr int64_t kWorthTelling = 60 * 1000;  // a wait of so many milliseconds
constexpr int64_t kSlack = 5 * 1000;          // clocks differ
constexpr size_t kMostNamed = 10;             // files
constexpr auto kReadingPause = 5s;            // each attempt may be a login at a mail server

std::string WaitingNoteId(const sender::v1::SubmitResponse& taken) {
  return absl::StrCat("waits-", taken.queue_id());
}

std::string NamesOf(std::vector<std::string> files) {
  const bool more = files.size() > kMostNamed;
  if (more) files.resize(kMostNamed);
  return absl::StrCat(absl::StrJoin(files, ", "), more ? ", …" : "");
}

}  // namespace

net::Task<OutgoingMail::News> OutgoingMail::HandOver(Handover handover) {
  const sender::v1::SubmitRequest& request = handover.request;
  bool known_before = handover.fresh;  // if the very first answer says so
  auto taken = co_await Hand(handover);
  while (IsNotNow(taken.status()) && Clock::now() < handover.give_up) {
    known_before = false;  // by an earlier attempt of ours, rather
    const auto pause = handover.complete == nullptr ? kReadingPause : kPause;
    co_await net::Sleep(pause);
    taken = co_await Hand(handover);
  }
  if (IsNotNow(taken.status()) && handover.complete == nullptr) {
    taken = absl::ResourceExhaustedError(completion_.Silence(request));
  }
  CountDraft(taken.ok());
  if (!taken.ok()) {
    log::Info("mail refused", {{"account", request.account_id()},
                               {"code", absl::StatusCodeToString(taken.status().code())}});
    co_return Refused(request, taken.status());
  }
  log::Info("mail submitted", {{"mail", taken->queue_id()}, {"account", request.account_id()}});
  News news;
  if (const std::string note = ForwardNote(handover); !note.empty()) {
    news.stanzas.push_back(
        NoteToAuthor(ContextOf(request), absl::StrCat("forwards-", taken->queue_id()), note));
  }
  handover.complete = nullptr;
  co_await Remember(handover, *taken);
  if (taken->duplicate() && known_before) {
    // Its outcome was told to another stanza: silence would look like a loss.
    news.stanzas.push_back(
        NoteToAuthor(ContextOf(request), absl::StrCat("again-", taken->queue_id()),
                     texts::TakenBefore(context_.interpreter.Of(request.owner()))));
    co_return news;
  }
  const std::string note = co_await WaitingNote(request, *taken);
  if (!note.empty()) {
    news.stanzas.push_back(NoteToAuthor(ContextOf(request), WaitingNoteId(*taken), note));
  }
  co_return news;
}

std::string OutgoingMail::ForwardNote(const Handover& handover) const {
  const CompleteDraft& draft = *handover.complete;
  const sender::v1::Quote& quote = draft.request.draft().quote();
  const bool loses = !draft.left_out.empty() || draft.text_cut;
  const bool guessed = ContextOf(handover.request).inferred();
  if (quote.kind() != sender::v1::Quote::KIND_FORWARD || (!loses && !guessed)) return "";
  const Words& words = context_.interpreter.Of(handover.request.owner());
  std::vector<std::string> sentences{texts::Forwards(words, quote.subject())};
  if (!draft.left_out.empty()) {
    sentences.push_back(texts::WithoutAttachments(words, draft.left_out.size()));
    sentences.push_back(texts::LeftOut(words, NamesOf(draft.left_out)));
  }
  if (draft.text_cut) sentences.push_back(texts::TextWasCut(words));
  return absl::StrJoin(sentences, " ");
}

net::Task<std::string> OutgoingMail::WaitingNote(const sender::v1::SubmitRequest& request,
                                                 const sender::v1::SubmitResponse& taken) {
  const Wait wait = WaitOf(request, taken);
  if (!wait.zone_unknown) co_return wait.note;
  const bool news = co_await records_.IsNews(request.owner(), "zone-unknown");
  if (!news) co_return wait.note;
  const Words& words = context_.interpreter.Of(request.owner());
  co_return absl::StrCat(wait.note, " ", texts::ZoneIsUnknown(words));
}

OutgoingMail::Wait OutgoingMail::WaitOf(const sender::v1::SubmitRequest& request,
                                        const sender::v1::SubmitResponse& taken) const {
  const Words& words = context_.interpreter.Of(request.owner());
  const AccountDirectory::Account account = context_.directory.FindById(request.account_id());
  if (account == nullptr) return {};
  const admin::v1::Sending& sending = account->sending();
  const int64_t now_ms = absl::ToUnixMillis(absl::Now());
  // Its account's schedule or route may hold it up beyond the undo window.
  const int64_t told_ms = std::max(sending.undo_seconds() * int64_t{1000} + kSlack, kWorthTelling);
  const bool held_up = taken.due_unix_ms() > now_ms + told_ms;
  if (request.send_at_unix() > 0 || held_up) {
    const std::optional<absl::TimeZone> clock = clocks_.Known(ContextOf(request).user());
    const auto named = schedule::FindZone(sending.time_zone());
    const bool has_zone = named.ok() && !sending.time_zone().empty();
    const absl::TimeZone zone = has_zone ? *named : clock.value_or(absl::UTCTimeZone());
    const int64_t due_ms = std::max(taken.due_unix_ms(), request.send_at_unix() * 1000);
    const absl::Time time = absl::FromUnixMillis(due_ms);
    return {texts::WillBeSentAt(words, texts::SendingDate(words, time, zone)), !has_zone && !clock};
  }
  if (sending.undo_seconds() == 0) return {};
  return {texts::WillBeSentIn(words, sending.undo_seconds()), false};
}

net::Task<absl::Status> OutgoingMail::TakeFormerBack(Handover& handover) {
  absl::Status gone =
      co_await CancelSent(context_, handover.request.owner(), handover.replaced.key);
  // What the sender does not know was refused, or taken back before we were killed.
  if (!gone.ok() && !absl::IsNotFound(gone)) co_return gone;
  auto former = co_await records_.ById(handover.request.owner(), handover.replaced.stanza_id);
  if (former.ok() && *former && (*former)->request.idempotency_key() == handover.replaced.key) {
    SentRecord record = **std::move(former);
    record.taken_back_unix_ms = absl::ToUnixMillis(absl::Now());
    record.replaced_by = handover.request.idempotency_key();
    // Without it a later mail might be threaded on it, and its message name no mail any more.
    absl::Status updated = co_await records_.Update(std::move(record));
    if (!updated.ok()) co_return updated;
  }
  // What it stands for is kept: its author may correct that message once more.
  PendingDrafts::Replaced done{"", handover.replaced.stanza_id};
  absl::Status noted = co_await pending_.Put(handover.request, std::move(done));
  if (!noted.ok()) co_return noted;
  handover.replaced.key.clear();
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<sender::v1::SubmitResponse>> OutgoingMail::Hand(Handover& handover) {
  if (handover.complete == nullptr) {
    const auto began = Clock::now();
    auto complete = co_await completion_.Complete(handover.request);
    if (!complete.ok()) co_return complete.status();
    handover.give_up += Clock::now() - began;  // a download may take minutes
    handover.complete = *std::move(complete);
  }
  absl::Status allowed = co_await AskRules(handover.complete->request);
  if (!allowed.ok()) co_return allowed;
  if (!handover.replaced.key.empty()) {
    absl::Status gone = co_await TakeFormerBack(handover);
    if (absl::IsFailedPrecondition(gone)) {
      const Words& words = context_.interpreter.Of(handover.request.owner());
      co_return absl::FailedPreconditionError(texts::CorrectionRefused(words));
    }
    if (!gone.ok()) co_return gone;
  }
  sender::v1::SubmitRequest request = handover.complete->request;
  co_return co_await rpc::Call(context_.sender.async(),
                               &sender::v1::SenderService::StubInterface::async_interface::Submit,
                               std::move(request), kPatience);
}

net::Task<absl::Status> OutgoingMail::AskRules(const sender::v1::SubmitRequest& request) {
  rules::v1::EvaluateRequest question = RulesQuestion(request, context_.directory);
  auto answer = co_await rpc::Call(
      context_.rules.async(), &rules::v1::RulesService::StubInterface::async_interface::Evaluate,
      std::move(question), kPatience);
  if (!answer.ok()) co_return answer.status();
  if (answer->verdict() == rules::v1::VERDICT_REJECT) {
    const Words& words = context_.interpreter.Of(request.owner());
    co_return absl::PermissionDeniedError(texts::RejectedByRule(words, answer->reason()));
  }
  co_return absl::OkStatus();
}

net::Task<void> OutgoingMail::Remember(Handover handover, sender::v1::SubmitResponse taken) {
  MailThread mail = ThreadOfDraft(handover.request, handover.written_unix);
  mail.message_id = taken.message_id();
  if (mail.thread_id.empty()) {  // a new conversation: answers to it will find this id
    mail::Mail sent;
    sent.message_id = taken.message_id();
    mail.thread_id = ThreadIdOf(sent);
  }
  std::string alias = ContextOf(handover.request).stanza_id();
  absl::Status kept = co_await context_.threads.Remember(handover.request.owner(), taken.queue_id(),
                                                         std::move(mail), std::move(alias));
  // The mail is on its way all the same; only what is written next may not find its thread.
  if (!kept.ok()) {
    log::Warn("sent mail not remembered", {{"mail", taken.queue_id()}, {"why", kept.message()}});
  }
  SentRecord record = RecordOf(handover.request, taken.due_unix_ms());
  record.told_to_wait = !WaitOf(handover.request, taken).note.empty();
  std::vector<std::string> ids{ContextOf(handover.request).stanza_id(), handover.origin_id,
                               handover.replaced.stanza_id, WaitingNoteId(taken),
                               taken.message_id()};
  kept = co_await records_.Put(std::move(record), std::move(ids));
  if (!kept.ok()) {
    log::Warn("sent mail can't be taken back",
              {{"mail", taken.queue_id()}, {"why", kept.message()}});
  }
  SentMail sent = SentMailOf(handover.request, taken.queue_id());
  kept = co_await context_.threads.RememberSent(handover.request.owner(), taken.message_id(),
                                                std::move(sent));
  if (!kept.ok()) {
    log::Warn("bounces of a sent mail won't be known",
              {{"mail", taken.queue_id()}, {"why", kept.message()}});
  }
}

net::Task<absl::Status> CancelSent(FeatureContext context, std::string owner, std::string key) {
  sender::v1::CancelQueuedRequest request;
  request.set_owner(std::move(owner));
  request.set_idempotency_key(std::move(key));
  auto answer =
      co_await rpc::Call(context.sender.async(),
                         &sender::v1::SenderService::StubInterface::async_interface::CancelQueued,
                         std::move(request), kPatience);
  co_return answer.status();
}

}  // namespace postern::xmpp_edge
