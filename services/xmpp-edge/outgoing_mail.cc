#include "services/xmpp-edge/outgoing_mail.h"

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"
#include "services/xmpp-edge/outcome.h"
#include "services/xmpp-edge/outgoing_draft.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

using namespace std::chrono_literals;

constexpr auto kGiveUpAfter = 60s;
constexpr auto kPause = 1s;
constexpr auto kSettledWithin = 5s;
constexpr auto kLook = 20ms;
constexpr int kMaxDraftsOfUser = 20;
constexpr size_t kMaxBytesInFlight = 64 << 20;
// What is older was left behind; the sender forgets keys after a week, and nobody
// wants a chat message to leave days later.
constexpr int64_t kMaxAgeSeconds = 24 * 60 * 60;
constexpr size_t kMaxResumedAtOnce = 64;

prometheus::Counter& Drafts(const std::string& result) {
  return metrics::Counter("postern_edge_drafts_total", "Chat messages handed on as mail",
                          {{"result", result}});
}

// What is needed to answer a message, and to know it again.
Incoming HeadOf(const Incoming& incoming) {
  Incoming head;
  head.from = incoming.from;
  head.to = incoming.to;
  head.lang = incoming.lang;
  const Element& stanza = incoming.stanza;
  head.stanza =
      MakeStanza("message", stanza.Attr("from"), stanza.Attr("to"), "chat", stanza.Attr("id"));
  if (const Element* origin = stanza.Child("origin-id", "urn:xmpp:sid:0")) {
    head.stanza.Add(*origin);
  }
  return head;
}

}  // namespace

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

void CountDraft(bool taken) { Drafts(taken ? "taken" : "refused").Increment(); }

OutgoingMail::OutgoingMail(FeatureContext context, ClientClocks& clocks)
    : context_(context),
      composer_(context, clocks),
      completion_(context),
      clocks_(clocks),
      pending_(context.redis),
      records_(context.redis) {}

void OutgoingMail::Start() { context_.tasks.Spawn("resume pending drafts", Resume()); }

net::Task<void> OutgoingMail::Take(Incoming incoming) {
  Incoming head = HeadOf(incoming);
  std::vector<MailThread> under_way = UnderWay(incoming.from.Bare());
  auto request = co_await composer_.Compose(std::move(incoming), std::move(under_way));
  PendingDrafts::Replaced none;
  co_await Begin(std::move(head), std::move(request), std::move(none));
}

net::Task<void> OutgoingMail::Correct(Incoming incoming, std::string former_id, SentRecord former) {
  Incoming head = HeadOf(incoming);
  PendingDrafts::Replaced replaced{former.request.idempotency_key(), std::move(former_id)};
  auto request = co_await composer_.Correct(std::move(incoming), std::move(former));
  // The same message once more, from a client that did not know that it had come: it does not take
  // the place of itself.
  if (request.ok() && request->idempotency_key() == replaced.key) replaced = {};
  co_await Begin(std::move(head), std::move(request), std::move(replaced));
}

net::Task<bool> OutgoingMail::Settled(std::string author) const {
  const auto until = Clock::now() + kSettledWithin;
  while (chains_.contains(author)) {
    if (Clock::now() >= until) co_return false;
    co_await net::Sleep(kLook);
  }
  co_return true;
}

net::Task<void> OutgoingMail::Begin(Incoming head,
                                    absl::StatusOr<sender::v1::SubmitRequest> request,
                                    PendingDrafts::Replaced replaced) {
  const Words& words = context_.interpreter.Answering(head.from.Bare(), head.lang);
  absl::Status taken = request.status();
  if (taken.ok()) {
    const auto known = in_flight_.find(request->idempotency_key());
    if (known != in_flight_.end() && !known->second) co_return;  // a repetition
    taken = co_await Keep(*request, replaced, words);
  }
  if (!taken.ok()) {
    CountDraft(false);
    Element refusal = RefusalOf(head.stanza, taken, words);
    (void)co_await context_.sink.Send(std::move(refusal));
    co_return;
  }
  Handover handover;
  handover.request = *std::move(request);
  handover.written_unix = std::time(nullptr);
  handover.give_up = Clock::now() + kGiveUpAfter;
  handover.fresh = true;
  handover.replaced = std::move(replaced);
  if (const Element* origin = head.stanza.Child("origin-id", "urn:xmpp:sid:0")) {
    handover.origin_id = std::string(origin->Attr("id"));
  }
  Enqueue(std::move(handover));
}

net::Task<absl::Status> OutgoingMail::Keep(sender::v1::SubmitRequest request,
                                           PendingDrafts::Replaced replaced, const Words& words) {
  // One that was refused and is not yet forgotten: not now.
  if (in_flight_.contains(request.idempotency_key())) co_return absl::UnavailableError("");
  if (!Admit(request)) {
    co_return absl::ResourceExhaustedError(texts::TooManyWaiting(words));
  }
  absl::Status kept = co_await pending_.Put(request, std::move(replaced));
  if (kept.ok()) co_return kept;
  if (absl::IsResourceExhausted(kept)) {
    Release(request);
    co_return absl::ResourceExhaustedError(texts::TooManyWaiting(words));
  }
  // It may be there all the same, and its author is told that it is not sent.
  in_flight_[request.idempotency_key()] = true;
  News told;
  told.refused = true;
  context_.tasks.Spawn("forget draft", Conclude(std::move(request), std::move(told)));
  co_return kept;
}

bool OutgoingMail::Admit(const sender::v1::SubmitRequest& request) {
  if (in_flight_.size() >= PendingDrafts::kMaxDrafts) return false;
  if (bytes_in_flight_ + request.ByteSizeLong() > kMaxBytesInFlight) return false;
  const auto drafts = drafts_of_user_.find(request.owner());
  if (drafts != drafts_of_user_.end() && drafts->second >= kMaxDraftsOfUser) return false;
  if (!in_flight_.emplace(request.idempotency_key(), false).second) return false;
  ++drafts_of_user_[request.owner()];
  bytes_in_flight_ += request.ByteSizeLong();
  return true;
}

void OutgoingMail::Release(const sender::v1::SubmitRequest& request) {
  in_flight_.erase(request.idempotency_key());
  bytes_in_flight_ -= request.ByteSizeLong();
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
    co_await ResumeOne(key);
  }
}

net::Task<void> OutgoingMail::ResumeOne(std::string key) {
  while (true) {
    auto kept = co_await pending_.Get(key);
    if (kept.ok() && (!*kept || in_flight_.contains(key))) co_return;
    if (!kept.ok() || !Admit((*kept)->request)) {
      co_await net::Sleep(kPause);
      continue;
    }
    sender::v1::SubmitRequest& request = (*kept)->request;
    if (std::time(nullptr) - (*kept)->at_unix > kMaxAgeSeconds) {
      const Words& words = context_.interpreter.Of(request.owner());
      News news = Refused(request, absl::FailedPreconditionError(texts::FoundTooLate(words)));
      context_.tasks.Spawn("refuse old draft", Conclude(std::move(request), std::move(news)));
      co_return;
    }
    Handover handover;
    handover.request = std::move(request);
    handover.written_unix = (*kept)->at_unix;
    handover.give_up = Clock::now() + kGiveUpAfter;
    handover.replaced = std::move((*kept)->replaced);
    Enqueue(std::move(handover));
    co_return;
  }
}

void OutgoingMail::Enqueue(Handover handover) {
  const std::string author = handover.request.owner();
  const auto [chain, idle] = chains_.try_emplace(author);
  chain->second.push_back(std::move(handover));
  if (idle) context_.tasks.Spawn("hand drafts to sender", WorkFor(author));
}

net::Task<void> OutgoingMail::WorkFor(std::string author) {
  while (!chains_[author].empty()) {
    Handover next = chains_[author].front();  // stays there, to be seen by UnderWay
    News news = co_await HandOver(next);
    chains_[author].pop_front();
    context_.tasks.Spawn("conclude draft", Conclude(std::move(next.request), std::move(news)));
  }
  chains_.erase(author);
}

std::vector<MailThread> OutgoingMail::UnderWay(const std::string& author) const {
  std::vector<MailThread> mails;
  const auto chain = chains_.find(author);
  if (chain == chains_.end()) return mails;
  for (auto one = chain->second.rbegin(); one != chain->second.rend(); ++one) {
    MailThread& mail = mails.emplace_back(ThreadOfDraft(one->request, one->written_unix));
    const AccountDirectory::Account account = context_.directory.FindById(mail.account_id);
    const bool may_be_undone = account != nullptr && account->sending().undo_seconds() > 0;
    if (one->request.send_at_unix() > 0 || may_be_undone) Detach(mail);
  }
  return mails;
}

OutgoingMail::News OutgoingMail::Refused(const sender::v1::SubmitRequest& request,
                                         const absl::Status& why) const {
  const edge::v1::OutgoingContext author = ContextOf(request);
  const Words& words = context_.interpreter.Of(request.owner());
  News news;
  news.refused = true;
  if (author.user().empty()) return news;  // nobody to tell
  const Element message =
      MakeStanza("message", author.user(), author.contact(), "chat", author.stanza_id());
  news.stanzas.push_back(RefusalOf(message, why, words));
  // As with failures: an error to a resource that has gone is dropped by its server.
  if (!AuthorIsOnline(context_.sessions, author) || author.stanza_id().empty()) {
    const std::string text = IsNotNow(why) ? texts::NotNow(words) : words.Say(why);
    news.stanzas.push_back(NoteToAuthor(
        author, absl::StrCat("refused-", request.idempotency_key().substr(0, 20)), text));
  }
  return news;
}

net::Task<void> OutgoingMail::Conclude(sender::v1::SubmitRequest request, News news) {
  if (!news.stanzas.empty()) {
    absl::Status told = co_await TellAuthor(context_.sink, news.stanzas);
    while (IsNotNow(told)) {
      co_await net::Sleep(kPause);
      told = co_await TellAuthor(context_.sink, news.stanzas);
    }
    if (!told.ok()) log::Error("author can't be told", {{"why", told.message()}});
  }
  if (news.refused) in_flight_[request.idempotency_key()] = true;
  absl::Status removed = co_await pending_.Remove(request.idempotency_key());
  if (!removed.ok()) log::Warn("draft not removed yet", {{"why", removed.message()}});
  while (!removed.ok()) {
    co_await net::Sleep(kPause);
    removed = co_await pending_.Remove(request.idempotency_key());
  }
  Release(request);
}

Element RefusalOf(const Element& message, const absl::Status& why, const Words& words) {
  if (IsNotNow(why)) {
    return ErrorAnswer(message, "wait", "remote-server-timeout", texts::NotNow(words));
  }
  const std::string text = words.Say(why);
  switch (why.code()) {
    case absl::StatusCode::kNotFound:
      return ErrorAnswer(message, "cancel", "item-not-found", text);
    case absl::StatusCode::kPermissionDenied:
      return ErrorAnswer(message, "cancel", "policy-violation", text);
    case absl::StatusCode::kFailedPrecondition:
      return ErrorAnswer(message, "cancel", "not-allowed", text);
    case absl::StatusCode::kResourceExhausted:
      return ErrorAnswer(message, "wait", "resource-constraint", text);
    default:
      return ErrorAnswer(message, "modify", "not-acceptable", text);
  }
}

}  // namespace postern::xmpp_edge
