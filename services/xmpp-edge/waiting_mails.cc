#include "services/xmpp-edge/waiting_mails.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "lib/schedule/wall_clock.h"
#include "services/xmpp-edge/message_to_mail.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/mail.h"
#include "services/xmpp-edge/texts/send_time.h"
#include "services/xmpp-edge/texts/waiting_mails.h"

namespace postern::xmpp_edge {
namespace {

using sender::v1::QueuedMail;
using Async = sender::v1::SenderService::StubInterface::async_interface;

constexpr std::chrono::seconds kPatience{10};
constexpr int64_t kMoment = 5;
constexpr size_t kLeastOfId = 4;
constexpr int kShownRecipients = 3;

std::string Recipients(const QueuedMail& mail) {
  const auto& all = mail.pending_recipients();
  const int shown = std::min(all.size(), kShownRecipients);
  const std::string more = shown < all.size() ? absl::StrCat(" +", all.size() - shown) : "";
  return absl::StrCat(absl::StrJoin(all.begin(), all.begin() + shown, ", "), more);
}

}  // namespace

size_t TellingLength(const std::vector<WaitingMail>& mails) {
  std::vector<absl::string_view> ids;
  for (const WaitingMail& mail : mails) ids.push_back(mail.queued.queue_id());
  std::sort(ids.begin(), ids.end());
  size_t length = kLeastOfId;
  for (size_t i = 1; i < ids.size(); ++i) {
    size_t same = 0;
    while (same < ids[i].size() && same < ids[i - 1].size() && ids[i][same] == ids[i - 1][same]) {
      ++same;
    }
    length = std::max(length, same + 1);
  }
  return length;
}

net::Task<absl::StatusOr<WaitingMails::Listing>> WaitingMails::List(std::string user) {
  sender::v1::ListWaitingRequest request;
  request.set_owner(user);
  request.set_limit(kMostListed);
  auto answer = co_await rpc::Call(context_.sender.async(), &Async::ListWaiting, std::move(request),
                                   kPatience);
  if (!answer.ok()) co_return answer.status();
  Listing listing;
  listing.more = answer->more();
  for (QueuedMail& queued : *answer->mutable_mails()) {
    WaitingMail& mail = listing.mails.emplace_back();
    auto record = co_await records_.ById(user, queued.message_id());
    // A copy that an account sends by itself has none; without Redis it is told without a subject.
    if (record.ok() && *record) {
      mail.subject = SubjectFromText((*record)->request.draft().subject());
    }
    mail.queued = std::move(queued);
  }
  co_return listing;
}

net::Task<std::string> WaitingMails::TakeBack(std::string user, WaitingMail mail,
                                              const Words& words) {
  sender::v1::CancelQueuedRequest request;
  request.set_owner(user);
  request.set_queue_id(mail.queued.queue_id());
  auto answer = co_await rpc::Call(context_.sender.async(), &Async::CancelQueued,
                                   std::move(request), kPatience);
  const std::string title = mail.subject.empty() ? texts::NoSubject(words) : mail.subject;
  if (!answer.ok()) {
    const bool told = words::WordingOf(answer.status()).has_value();
    co_return told ? texts::NotTakenBack(words, title, words.Say(answer.status()))
                   : texts::NotTakenBackNow(words);
  }
  log::Info("mail taken back by its author", {{"mail", mail.queued.queue_id()}});
  auto record = co_await records_.ById(user, mail.queued.message_id());
  if (record.ok() && *record) {
    (*record)->taken_back_unix_ms = absl::ToUnixMillis(absl::Now());
    // Without it the sender would be asked once more, and says that there is none.
    (void)co_await records_.Update(**std::move(record));
  }
  co_return texts::TakenBack(words, title, absl::StrJoin(mail.queued.pending_recipients(), ", "));
}

std::string WaitingMails::When(const QueuedMail& mail, const Words& words) const {
  if (mail.state() == sender::v1::QUEUE_STATE_SENDING) return texts::IsBeingSent(words);
  if (mail.state() == sender::v1::QUEUE_STATE_HELD) return texts::IsHeld(words);
  if (mail.next_attempt_unix() == 0) return texts::GoesBySchedule(words);
  if (mail.next_attempt_unix() <= absl::ToUnixSeconds(absl::Now()) + kMoment) {
    return texts::GoesInAMoment(words);
  }
  const AccountDirectory::Account account = context_.directory.FindById(mail.account_id());
  absl::TimeZone zone = absl::UTCTimeZone();
  if (account != nullptr) {
    zone = schedule::FindZone(account->sending().time_zone()).value_or(absl::UTCTimeZone());
  }
  const std::string date =
      texts::SendingDate(words, absl::FromUnixSeconds(mail.next_attempt_unix()), zone);
  return mail.attempts() > 0 ? texts::TriedAgainOn(words, date) : texts::GoesOn(words, date);
}

std::string WaitingMails::Line(const WaitingMail& mail, const Words& words) const {
  const std::string title = mail.subject.empty() ? texts::NoSubject(words) : mail.subject;
  return texts::WaitingLine(words, title, Recipients(mail.queued), When(mail.queued, words));
}

net::Task<std::string> WaitingMails::Tell(std::string user, const Words& words) {
  auto listing = co_await List(std::move(user));
  if (!listing.ok()) co_return texts::CommandNotNow(words);
  if (listing->mails.empty()) co_return texts::NothingWaits(words);
  const size_t length = TellingLength(listing->mails);
  std::vector<std::string> lines;
  for (const WaitingMail& mail : listing->mails) {
    lines.push_back(
        absl::StrCat(mail.queued.queue_id().substr(0, length), " - ", Line(mail, words)));
  }
  if (listing->more) lines.push_back(texts::MoreWaits(words));
  lines.push_back(
      texts::HowToCancelOne(words, listing->mails.front().queued.queue_id().substr(0, length)));
  co_return absl::StrJoin(lines, "\n");
}

net::Task<std::string> WaitingMails::Cancel(std::string user, std::string beginning,
                                            const Words& words) {
  auto listing = co_await List(user);
  if (!listing.ok()) co_return texts::CommandNotNow(words);
  std::vector<WaitingMail> meant;
  for (WaitingMail& mail : listing->mails) {
    if (absl::StartsWithIgnoreCase(mail.queued.queue_id(), beginning)) {
      meant.push_back(std::move(mail));
    }
  }
  if (meant.empty()) co_return texts::NoSuchWaiting(words, beginning);
  if (meant.size() > 1) co_return texts::SeveralWaiting(words, beginning);
  co_return co_await TakeBack(std::move(user), std::move(meant.front()), words);
}

}  // namespace postern::xmpp_edge
