#include "services/xmpp-edge/taking_back.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "services/xmpp-edge/chat_answer.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/message_to_mail.h"
#include "services/xmpp-edge/reply_fallback.h"
#include "services/xmpp-edge/texts/send_time.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

// So long after a mail has left (or was taken back), "cancel" is still about it: else a word
// that comes a moment too late would take back an older one.
constexpr int64_t kTooLateMs = 2 * 60 * 1000;

std::string RecipientsOf(const sender::v1::Draft& draft) {
  std::vector<std::string> specs;
  absl::flat_hash_set<std::string> seen;
  for (const auto* list : {&draft.to(), &draft.cc(), &draft.bcc()}) {
    for (const auto& address : *list) {
      std::string spec = rpc::FromProto(address).Spec();
      if (seen.insert(spec).second) specs.push_back(std::move(spec));
    }
  }
  return absl::StrJoin(specs, ", ");
}

// "cancel", "Cancel!", "abbrechen.", and nothing else; not what has a subject of its own.
bool IsWordAlone(const Element& message, const Words& words) {
  if (!message.ChildText("subject").empty()) return false;
  const std::string body = BodyWithoutReplyFallback(message);
  absl::string_view word = absl::StripAsciiWhitespace(body);
  while (absl::ConsumeSuffix(&word, "!") || absl::ConsumeSuffix(&word, ".")) {
    word = absl::StripTrailingAsciiWhitespace(word);
  }
  return IsKeyword(word, "cancel", texts::KeywordCancel(words));
}

bool IsRecent(int64_t unix_ms, int64_t now_ms) {
  return unix_ms > 0 && now_ms < unix_ms + kTooLateMs;
}

std::string TitleOf(const SentRecord& record) {
  return SubjectFromText(record.request.draft().subject());
}

}  // namespace

TakingBack::TakingBack(FeatureContext context, OutgoingMail& outgoing)
    : context_(context), outgoing_(outgoing), records_(context.redis) {}

net::Task<void> TakingBack::Retract(Incoming incoming, std::string id) {
  const Words& words = context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
  auto record = co_await Find(incoming, std::move(id));
  if (absl::IsNotFound(record.status())) {
    co_await Refuse(incoming, absl::FailedPreconditionError(texts::NothingOfThisWaits(words)));
    co_return;
  }
  absl::StatusOr<std::string> told = std::string();
  if (record.ok()) {
    told = co_await TakeBack(*std::move(record), words);
  } else {
    told = record.status();
  }
  if (told.ok()) {
    co_await Say(incoming, *std::move(told));
  } else {
    co_await Refuse(incoming, told.status());
  }
}

net::Task<void> TakingBack::Correct(Incoming incoming, std::string id) {
  const Words& words = context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
  auto record = co_await Find(incoming, id);
  if (record.ok() && record->taken_back_unix_ms > 0) {
    co_await Refuse(incoming, absl::FailedPreconditionError(texts::CorrectionOfTakenBack(words)));
  } else if (absl::IsNotFound(record.status())) {
    co_await Refuse(incoming, absl::FailedPreconditionError(texts::CorrectionOfNothing(words)));
  } else if (!record.ok()) {
    co_await Refuse(incoming, record.status());
  } else {
    co_await outgoing_.Correct(std::move(incoming), std::move(id), *std::move(record));
  }
}

net::Task<bool> TakingBack::TakeWord(const Incoming& incoming) {
  const Words& words = context_.interpreter.Answering(incoming.from.Bare(), incoming.lang);
  if (!IsWordAlone(incoming.stanza, words)) co_return false;
  auto told = co_await TakeMeantBack(incoming, words);
  if (told.ok()) {
    co_await Say(incoming, *std::move(told));
  } else if (absl::IsUnavailable(told.status())) {
    co_await Refuse(incoming, told.status());
  } else {
    co_await Say(incoming, words.Say(told.status()));
  }
  co_return true;
}

net::Task<absl::StatusOr<SentRecord>> TakingBack::Find(const Incoming& incoming, std::string id) {
  const std::string user = incoming.from.Bare();
  const Words& words = context_.interpreter.Answering(user, incoming.lang);
  if (id.empty()) co_return absl::NotFoundError("");
  const bool settled = co_await outgoing_.Settled(user);
  if (!settled) co_return absl::UnavailableError(texts::NotTakenBackNow(words));
  auto record = co_await records_.ById(user, std::move(id));
  if (!record.ok()) co_return absl::UnavailableError(texts::NotTakenBackNow(words));
  // Ids may mean anything; a message never takes back what was written to somebody else.
  if (!*record || (*record)->contact != incoming.to.Bare()) co_return absl::NotFoundError("");
  co_return **std::move(record);
}

net::Task<absl::StatusOr<std::string>> TakingBack::TakeMeantBack(const Incoming& incoming,
                                                                 const Words& words) {
  const Element* reply = incoming.stanza.Child("reply", "urn:xmpp:reply:0");
  if (reply != nullptr) {
    auto named = co_await Find(incoming, std::string(reply->Attr("id")));
    if (absl::IsNotFound(named.status())) co_return texts::NothingToTakeBack(words);
    if (!named.ok()) co_return named.status();
    co_return co_await TakeBack(*std::move(named), words);
  }
  const std::string user = incoming.from.Bare();
  const bool settled = co_await outgoing_.Settled(user);
  if (!settled) co_return absl::UnavailableError(texts::NotTakenBackNow(words));
  auto recent = co_await records_.RecentTo(user, incoming.to.Bare());
  if (!recent.ok()) co_return absl::UnavailableError(texts::NotTakenBackNow(words));
  const int64_t now_ms = absl::ToUnixMillis(absl::Now());
  std::string else_told = texts::NothingToTakeBack(words);
  bool first = true;
  for (SentRecord& record : *recent) {
    if (record.taken_back_unix_ms > 0) {
      if (first && IsRecent(record.taken_back_unix_ms, now_ms)) {
        else_told = texts::TakenBackBefore(words, TitleOf(record));
      }
      first = false;
      continue;
    }
    first = false;
    // One that its author saw wait, and that has just left, is the one that is meant.
    const bool meant = record.told_to_wait && IsRecent(record.due_unix_ms, now_ms);
    auto told = co_await TakeBack(std::move(record), words);
    if (told.ok() || meant || absl::IsUnavailable(told.status())) co_return told;
  }
  co_return else_told;
}

net::Task<absl::StatusOr<std::string>> TakingBack::TakeBack(SentRecord record, const Words& words) {
  const std::string title = TitleOf(record);
  if (record.taken_back_unix_ms > 0) co_return texts::TakenBackBefore(words, title);
  const sender::v1::SubmitRequest& request = record.request;
  absl::Status gone = co_await CancelSent(context_, request.owner(), request.idempotency_key());
  if (absl::IsFailedPrecondition(gone)) {
    const bool worded = words::WordingOf(gone).has_value();
    co_return absl::FailedPreconditionError(worded
                                                ? texts::NotTakenBack(words, title, words.Say(gone))
                                                : texts::RetractionRefused(words));
  }
  if (absl::IsNotFound(gone)) {
    co_return absl::FailedPreconditionError(texts::RetractionRefused(words));
  }
  if (!gone.ok()) co_return absl::UnavailableError(texts::NotTakenBackNow(words));
  log::Info("mail taken back by its author", {{"account", request.account_id()}});
  const std::string told = texts::TakenBack(words, title, RecipientsOf(request.draft()));
  record.taken_back_unix_ms = absl::ToUnixMillis(absl::Now());
  // Without it the sender would be asked once more, and says the same.
  (void)co_await records_.Update(std::move(record));
  co_return told;
}

net::Task<void> TakingBack::Refuse(const Incoming& incoming, const absl::Status& why) {
  const bool later = absl::IsUnavailable(why);
  Element refusal =
      ErrorAnswer(incoming.stanza, later ? "wait" : "cancel",
                  later ? "remote-server-timeout" : "not-allowed", std::string(why.message()));
  // Nothing more can be done when the link is down: the author's server says so.
  (void)co_await context_.sink.Send(std::move(refusal));
}

net::Task<void> TakingBack::Say(const Incoming& incoming, std::string text) {
  Element answer = ChatAnswer(incoming, text);
  (void)co_await context_.sink.Send(std::move(answer));
}

}  // namespace postern::xmpp_edge
