// Which mail a draft answers, as far as the store knows: the half of DraftComposer that looks.
#include <ctime>
#include <utility>

#include "absl/time/clock.h"
#include "services/xmpp-edge/draft_composer.h"
#include "services/xmpp-edge/outgoing_draft.h"

namespace postern::xmpp_edge {
namespace {

constexpr int64_t kConversationSeconds = 24 * 60 * 60;
constexpr int kNewestCount = 16;

// Whether what an id or a thread led to may be answered by `mail`, written to
// `contact`. Ids may lead anywhere, and a subject must not reach a stranger.
bool BelongsTo(const MailThread& found, const std::string& contact, const ChatMail& mail) {
  if (found.contact == contact) return true;
  return !mail.to.empty() && found.answer_to.size() == 1 &&
         found.answer_to.front().Spec() == mail.to.front().Spec();
}

}  // namespace

net::Task<absl::StatusOr<AnswerCandidates>> DraftComposer::NamedCandidates(Question question) {
  const ChatMail& mail = question.mail;
  AnswerCandidates candidates;
  candidates.names_message = !mail.reply_to_id.empty();
  if (candidates.names_message) {
    auto replied = co_await context_.threads.ByStanza(question.user, mail.reply_to_id);
    if (!replied.ok()) co_return replied.status();
    if (*replied && BelongsTo(**replied, question.contact, mail)) {
      std::vector<MailThread> named{**std::move(replied)};
      co_await SortOutUnsent(question.user, named);
      if (!named.empty()) candidates.replied = std::move(named.front());
    }
  }
  if (!candidates.replied && !mail.thread_id.empty()) {
    auto threaded = co_await context_.threads.ByThread(question.user, mail.thread_id, kNewestCount);
    if (!threaded.ok()) co_return threaded.status();
    for (const MailThread& one : question.under_way) {
      if (one.thread_id == mail.thread_id) candidates.threaded.push_back(one);
    }
    for (MailThread& one : *threaded) {
      if (!BelongsTo(one, question.contact, mail)) continue;
      candidates.threaded.push_back(std::move(one));
    }
    co_await SortOutUnsent(question.user, candidates.threaded);
  }
  co_return candidates;
}

net::Task<absl::StatusOr<std::vector<MailThread>>> DraftComposer::Newest(Question question,
                                                                         int count) {
  auto newest = co_await context_.threads.Newest(question.user, question.contact, count);
  if (!newest.ok()) co_return newest;
  newest->insert(newest->begin(), question.under_way.begin(), question.under_way.end());
  co_await SortOutUnsent(question.user, *newest);
  co_return newest;
}

net::Task<void> DraftComposer::SortOutUnsent(const std::string& user,
                                             std::vector<MailThread>& mails) {
  const int64_t now_ms = absl::ToUnixMillis(absl::Now());
  for (auto mail = mails.begin(); mail != mails.end();) {
    if (IsDetached(*mail)) {
      ++mail;
      continue;
    }
    if (!mail->is_own || mail->message_id.empty()) co_return;
    auto record = co_await records_.ById(user, mail->message_id);
    if (!record.ok() || !*record) co_return;
    if ((*record)->taken_back_unix_ms > 0) {
      mail = mails.erase(mail);
    } else if ((*record)->told_to_wait && (*record)->due_unix_ms > now_ms) {
      Detach(*mail++);
    } else {
      co_return;
    }
  }
}

net::Task<absl::StatusOr<AnswerCandidates>> DraftComposer::Candidates(Question question) {
  auto candidates = co_await NamedCandidates(question);
  if (!candidates.ok()) co_return candidates;
  if (!candidates->replied && candidates->threaded.empty() && !candidates->names_message) {
    auto newest = co_await Newest(std::move(question), kNewestCount);
    if (!newest.ok()) co_return newest.status();
    candidates->newest = *std::move(newest);
  }
  co_return candidates;
}

net::Task<absl::StatusOr<AnsweredMail>> DraftComposer::FindAnswered(Question question,
                                                                    const Words& words) {
  auto candidates = co_await Candidates(std::move(question));
  if (!candidates.ok()) co_return candidates.status();
  co_return ChooseAnsweredMail(*std::move(candidates), std::time(nullptr), words);
}

net::Task<absl::StatusOr<AnsweredMail>> DraftComposer::FindForwarded(Question question,
                                                                     const Words& words) {
  auto candidates = co_await Candidates(std::move(question));
  if (!candidates.ok()) co_return candidates.status();
  co_return ChooseForwardedMail(*std::move(candidates), std::time(nullptr), words);
}

net::Task<std::optional<MailThread>> DraftComposer::FindConversation(Question question) {
  auto candidates = co_await NamedCandidates(question);
  if (!candidates.ok()) co_return std::nullopt;
  if (candidates->replied) {
    if (IsDetached(*candidates->replied)) co_return std::nullopt;
    co_return candidates->replied;
  }
  // A subject of its own begins a new one.
  if (!question.mail.subject.empty()) co_return std::nullopt;
  std::erase_if(candidates->threaded, IsDetached);
  if (!candidates->threaded.empty()) co_return candidates->threaded.front();
  auto newest = co_await Newest(std::move(question), kNewestCount);
  if (!newest.ok()) co_return std::nullopt;
  std::erase_if(*newest, IsDetached);
  if (newest->empty()) co_return std::nullopt;
  if (std::time(nullptr) - newest->front().at_unix > kConversationSeconds) co_return std::nullopt;
  co_return newest->front();
}

}  // namespace postern::xmpp_edge
