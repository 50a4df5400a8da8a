#include "services/xmpp-edge/outgoing_mail.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/unary.h"
#include "postern/edge/v1/edge.pb.h"
#include "services/xmpp-edge/mail_to_message.h"
#include "services/xmpp-edge/texts.h"

namespace postern::xmpp_edge {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstPatience = 3s;  // the author's other stanzas wait so long
constexpr auto kLaterPatience = 10s;
constexpr auto kGiveUpAfter = 60s;
constexpr auto kPause = 1s;
constexpr int kMaxDraftsOfUser = 20;
constexpr size_t kMaxResumedAtOnce = 64;

prometheus::Counter& Drafts(const std::string& result) {
  return metrics::Counter("postern_edge_drafts_total", "Chat messages handed on as mail",
                          {{"result", result}});
}

// Not an answer to the draft but to the moment: the same draft may be taken later.
// Internal and unknown are what a killed peer's broken stream may look like.
bool IsNotNow(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

edge::v1::OutgoingContext ContextOf(const sender::v1::SubmitRequest& request) {
  edge::v1::OutgoingContext context;
  context.ParseFromString(request.context());  // written by us; empty at worst
  return context;
}

// The message that became `request`, as far as an error answer needs it.
Element MessageOf(const sender::v1::SubmitRequest& request) {
  const edge::v1::OutgoingContext context = ContextOf(request);
  return MakeStanza("message", context.user(), context.contact(), "chat", context.stanza_id());
}

template <class Addresses>
void AddSpecs(const Addresses& addresses, rules::v1::EvaluateRequest& request) {
  for (const auto& address : addresses) request.add_recipients(rpc::FromProto(address).Spec());
}

// What the rules see of a draft: the mail that it will be.
rules::v1::EvaluateRequest QuestionOf(const sender::v1::SubmitRequest& submit,
                                      const AccountDirectory& directory) {
  const sender::v1::Draft& draft = submit.draft();
  rules::v1::EvaluateRequest question;
  question.set_mail_id(submit.idempotency_key().substr(0, 32));
  question.set_user(submit.owner());
  question.set_account_id(submit.account_id());
  question.set_direction(rules::v1::DIRECTION_OUTGOING);
  postern::mail::v1::Mail& mail = *question.mutable_mail();
  if (draft.has_from()) {
    *mail.add_from() = draft.from();
  } else if (AccountDirectory::Account account = directory.FindById(submit.account_id())) {
    auto from = mail::ParseAddress(account->default_from());
    if (from.ok()) *mail.add_from() = rpc::ToProto(*from);
  }
  if (mail.from_size() > 0) mail.set_envelope_from(rpc::FromProto(mail.from(0)).Spec());
  *mail.mutable_to() = draft.to();
  *mail.mutable_cc() = draft.cc();
  mail.set_subject(draft.subject());
  mail.set_text(draft.text());
  mail.set_size(draft.text().size());
  if (!draft.in_reply_to().empty()) mail.add_in_reply_to(draft.in_reply_to());
  *mail.mutable_references() = draft.references();
  AddSpecs(draft.to(), question);
  AddSpecs(draft.cc(), question);
  AddSpecs(draft.bcc(), question);
  return question;
}

}  // namespace

OutgoingMail::OutgoingMail(FeatureContext context)
    : context_(context), composer_(context), pending_(context.redis) {}

void OutgoingMail::Start() { context_.tasks.Spawn("resume pending drafts", Resume()); }

net::Task<void> OutgoingMail::Take(Incoming incoming) {
  const Element message =
      MakeStanza("message", incoming.stanza.Attr("from"), incoming.stanza.Attr("to"), "chat",
                 incoming.stanza.Attr("id"));
  const std::string user = incoming.from.Bare();
  auto request = co_await composer_.Compose(std::move(incoming));
  absl::Status taken = request.status();
  if (taken.ok()) {
    if (in_flight_.contains(request->idempotency_key())) co_return;  // a repetition
    taken = co_await Keep(*request);
  }
  if (!taken.ok()) {
    Drafts("refused").Increment();
    Element refusal = RefusalOf(message, taken);
    (void)co_await context_.sink.Send(std::move(refusal));
    co_return;
  }
  absl::Status verdict = co_await Hand(*request, kFirstPatience);
  if (IsNotNow(verdict)) {
    context_.tasks.Spawn("hand draft to sender", KeepHanding(*std::move(request)));
    co_return;
  }
  co_await Conclude(*std::move(request), std::move(verdict));
}

net::Task<absl::Status> OutgoingMail::Keep(sender::v1::SubmitRequest request) {
  if (!Admit(request)) co_return absl::ResourceExhaustedError(texts::kTooManyWaiting);
  absl::Status kept = co_await pending_.Put(request);
  if (!kept.ok()) Release(request);
  co_return kept;
}

bool OutgoingMail::Admit(const sender::v1::SubmitRequest& request) {
  int& drafts = drafts_of_user_[request.owner()];
  if (drafts >= kMaxDraftsOfUser) return false;
  if (!in_flight_.insert(request.idempotency_key()).second) return false;
  ++drafts;
  return true;
}

void OutgoingMail::Release(const sender::v1::SubmitRequest& request) {
  in_flight_.erase(request.idempotency_key());
  if (--drafts_of_user_[request.owner()] <= 0) drafts_of_user_.erase(request.owner());
}

net::Task<void> OutgoingMail::Resume() {
  auto keys = co_await pending_.Keys();
  while (!keys.ok()) {
    co_await net::Sleep(kPause);
    keys = co_await pending_.Keys();
  }
  for (const std::string& key : *keys) {
    while (in_flight_.size() >= kMaxResumedAtOnce) co_await net::Sleep(kPause);
    auto request = co_await pending_.Get(key);
    while (!request.ok()) {
      co_await net::Sleep(kPause);
      request = co_await pending_.Get(key);
    }
    if (!*request || in_flight_.contains(key)) continue;
    while (!Admit(**request)) co_await net::Sleep(kPause);
    context_.tasks.Spawn("hand draft to sender", KeepHanding(**std::move(request)));
  }
}

net::Task<void> OutgoingMail::KeepHanding(sender::v1::SubmitRequest request) {
  const Clock::time_point give_up = Clock::now() + kGiveUpAfter;
  absl::Status verdict = co_await Hand(request, kLaterPatience);
  while (IsNotNow(verdict) && Clock::now() < give_up) {
    co_await net::Sleep(kPause);
    verdict = co_await Hand(request, kLaterPatience);
  }
  co_await Conclude(std::move(request), std::move(verdict));
}

net::Task<absl::Status> OutgoingMail::Hand(sender::v1::SubmitRequest request,
                                           Clock::duration patience) {
  const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  absl::Status allowed = co_await AskRules(request, deadline);
  if (!allowed.ok()) co_return allowed;
  auto taken = co_await rpc::Call(
      context_.sender.async(), &sender::v1::SenderService::StubInterface::async_interface::Submit,
      request, deadline);
  if (!taken.ok()) co_return taken.status();
  log::Info("mail submitted", {{"mail", taken->queue_id()}, {"account", request.account_id()}});
  co_await Remember(request, *taken);
  co_return absl::OkStatus();
}

net::Task<absl::Status> OutgoingMail::AskRules(const sender::v1::SubmitRequest& request,
                                               std::chrono::milliseconds deadline) {
  rules::v1::EvaluateRequest question = QuestionOf(request, context_.directory);
  auto answer = co_await rpc::Call(
      context_.rules.async(), &rules::v1::RulesService::StubInterface::async_interface::Evaluate,
      std::move(question), deadline);
  if (!answer.ok()) co_return answer.status();
  if (answer->verdict() == rules::v1::VERDICT_REJECT) {
    co_return absl::PermissionDeniedError(texts::RejectedByRule(answer->reason()));
  }
  co_return absl::OkStatus();
}

net::Task<void> OutgoingMail::Remember(const sender::v1::SubmitRequest& request,
                                       const sender::v1::SubmitResponse& taken) {
  const edge::v1::OutgoingContext context = ContextOf(request);
  MailThread mail;
  mail.account_id = request.account_id();
  if (auto contact = ParseJid(context.contact()); contact.ok()) mail.contact = contact->Bare();
  mail.message_id = taken.message_id();
  mail.references.assign(request.draft().references().begin(), request.draft().references().end());
  for (const auto& address : request.draft().to()) {
    mail.answer_to.push_back(rpc::FromProto(address));
  }
  mail.subject = request.draft().subject();
  mail.at_unix = std::time(nullptr);
  mail.thread_id = context.thread_id();
  if (mail.thread_id.empty()) {  // a new conversation: answers to it will find this id
    mail::Mail sent;
    sent.message_id = taken.message_id();
    mail.thread_id = ThreadIdOf(sent);
  }
  std::string id = context.stanza_id().empty() ? taken.queue_id() : context.stanza_id();
  absl::Status kept =
      co_await context_.threads.Remember(request.owner(), std::move(id), std::move(mail));
  // The mail is on its way all the same; only what is written next may not find its thread.
  if (!kept.ok()) {
    log::Warn("sent mail not remembered", {{"mail", taken.queue_id()}, {"why", kept.message()}});
  }
}

net::Task<void> OutgoingMail::Conclude(sender::v1::SubmitRequest request, absl::Status verdict) {
  Drafts(verdict.ok() ? "taken" : "refused").Increment();
  if (!verdict.ok()) {
    log::Info("mail refused", {{"account", request.account_id()},
                               {"code", absl::StatusCodeToString(verdict.code())}});
    // The draft stays in Redis until its author could be told.
    const Element message = MessageOf(request);
    Element refusal = RefusalOf(message, verdict);
    absl::Status told = co_await context_.sink.Send(refusal);
    while (absl::IsUnavailable(told)) {
      co_await net::Sleep(kPause);
      told = co_await context_.sink.Send(refusal);
    }
  }
  absl::Status removed = co_await pending_.Remove(request.idempotency_key());
  // Handed on once more after a restart then: the sender knows the key.
  if (!removed.ok()) log::Warn("draft not removed", {{"why", removed.message()}});
  Release(request);
}

Element RefusalOf(const Element& message, const absl::Status& why) {
  if (IsNotNow(why)) return ErrorAnswer(message, "wait", "remote-server-timeout", texts::kNotNow);
  switch (why.code()) {
    case absl::StatusCode::kNotFound:
      return ErrorAnswer(message, "cancel", "item-not-found", why.message());
    case absl::StatusCode::kPermissionDenied:
      return ErrorAnswer(message, "cancel", "policy-violation", why.message());
    case absl::StatusCode::kFailedPrecondition:
      return ErrorAnswer(message, "cancel", "not-allowed", why.message());
    case absl::StatusCode::kResourceExhausted:
      return ErrorAnswer(message, "wait", "resource-constraint", why.message());
    default:
      return ErrorAnswer(message, "modify", "not-acceptable", why.message());
  }
}

}  // namespace postern::xmpp_edge
