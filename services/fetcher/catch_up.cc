#include "services/fetcher/catch_up.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "lib/process/log.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxDigestBytes = 2 * 1024 * 1024;
constexpr int64_t kLookAgainHeld = 30;
constexpr int64_t kLongestObstacle = 30;
constexpr int kMaxDoublings = 5;

}  // namespace

CatchUp::CatchUp(const Account& account, MailSource& source, Progress& progress,
                 const AvailabilityFeed& availability, MailHandoff& handoff)
    : account_(account),
      source_(source),
      progress_(progress),
      availability_(availability),
      handoff_(handoff) {}

net::Task<absl::StatusOr<int64_t>> CatchUp::Run() {
  for (;;) {
    auto found = co_await source_.Look();
    if (!found.ok()) co_return found.status();
    auto next = co_await Pass(found->mails);
    if (!next.ok()) co_return next.status();
    if (*next == Next::kLookAgain) co_return look_again_;
    if (*next == Next::kStay) co_return 0;
    if (!found->more) co_return 0;
  }
}

Disposition CatchUp::DispositionOf(const MailFacts& facts) const {
  return Decide(account_, availability_.Of(account_.owner), facts.received_unix);
}

// The presence is looked up anew for each mail: it changes while we work.
net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::Pass(const std::vector<MailFacts>& mails) {
  for (size_t at = 0; at < mails.size();) {
    absl::StatusOr<Next> next = Next::kStay;
    waiting_since_ = mails[at].received_unix;
    switch (DispositionOf(mails[at])) {
      case Disposition::kWait:
        co_return Next::kStay;
      case Disposition::kPassOver:
        next = co_await PassOver(mails, at);
        break;
      case Disposition::kDeliver:
        next = co_await HandOn(mails[at++]);
        break;
      case Disposition::kDigest:
        next = co_await HandOnDigest(mails, at);
        break;
    }
    if (!next.ok() || *next != Next::kGoOn) co_return next;
  }
  waiting_since_.reset();
  co_return Next::kGoOn;
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::PassOver(const std::vector<MailFacts>& mails,
                                                           size_t& at) {
  std::vector<MailFacts> passed;
  while (at < mails.size() && DispositionOf(mails[at]) == Disposition::kPassOver) {
    passed.push_back(mails[at++]);
  }
  if (absl::Status s = co_await source_.Settle(std::move(passed)); !s.ok()) co_return s;
  co_return Next::kGoOn;
}

net::Task<absl::StatusOr<std::optional<IncomingMail>>> CatchUp::Read(MailFacts facts) {
  const std::string id = source_.Id(facts);
  auto mail = co_await source_.Read(facts, progress_.DepthFor(id));
  if (!mail.ok()) {
    progress_.NoteUnread(id, mail.status());
    co_return mail.status();
  }
  if (!mail->has_value()) co_return std::nullopt;
  IncomingMail incoming;
  incoming.delivery_id = id;
  incoming.mail = **std::move(mail);
  co_return std::optional<IncomingMail>(std::move(incoming));
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::HandOn(MailFacts facts) {
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  auto mail = co_await Read(facts);
  if (!mail.ok()) co_return mail.status();
  if (mail->has_value()) {  // else somebody removed it meanwhile
    auto wanted = co_await handoff_.IsWanted(account_, **mail);
    if (!wanted.ok()) co_return Obstacle(facts, wanted.status());
    if (*wanted) answer = co_await handoff_.DeliverFull(account_, **mail);
  }
  std::vector<MailFacts> mails(1, facts);
  const size_t count = mail->has_value() ? 1 : 0;
  co_return co_await Settle(std::move(mails), std::move(answer), count);
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::HandOnDigest(const std::vector<MailFacts>& mails,
                                                               size_t& at) {
  const int64_t now = std::time(nullptr);
  const int64_t due = DigestDue(account_, mails[at].received_unix, now);
  if (!digest_now_ && due > now) {
    look_again_ = due;
    co_return Next::kLookAgain;
  }
  auto digest = co_await CollectDigest(mails, at);
  if (!digest.ok()) co_return digest.status();
  if (digest->obstacle) co_return *digest->obstacle;
  // Once begun, a digest that needs more than one message is sent to its end.
  digest_now_ = true;
  if (digest->looked_at.empty()) co_return Next::kGoOn;  // the presence changed just now
  const size_t count = digest->mails.size();
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (count > 0) answer = co_await handoff_.DeliverDigest(account_, std::move(digest->mails));
  co_return co_await Settle(std::move(digest->looked_at), std::move(answer), count);
}

bool CatchUp::HasTroubled(const std::vector<MailFacts>& mails, size_t from) const {
  if (progress_.troubled.empty()) return false;
  for (size_t i = from; i < mails.size(); ++i) {
    if (progress_.IsTroubled(source_.Id(mails[i]))) return true;
  }
  return false;
}

net::Task<absl::StatusOr<CatchUp::Digest>> CatchUp::CollectDigest(
    const std::vector<MailFacts>& mails, size_t& at) {
  // When the edge refused a digest, its mails go one by one, to find the bad one.
  const size_t limit = HasTroubled(mails, at) ? 1 : MailHandoff::kMaxDigest;
  Digest digest;
  size_t bytes = 0;
  for (; at < mails.size() && digest.mails.size() < limit && bytes < kMaxDigestBytes; ++at) {
    if (DispositionOf(mails[at]) != Disposition::kDigest) break;
    auto mail = co_await Read(mails[at]);
    if (!mail.ok()) co_return mail.status();
    digest.looked_at.push_back(mails[at]);
    if (!mail->has_value()) continue;
    auto wanted = co_await handoff_.IsWanted(account_, **mail);
    if (!wanted.ok()) {
      digest.obstacle = Obstacle(mails[at], wanted.status());
      co_return digest;
    }
    if (!*wanted) continue;
    TrimForDigest((*mail)->mail);
    bytes += WireSize((*mail)->mail);
    digest.mails.push_back(**std::move(mail));
  }
  co_return digest;
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::Settle(std::vector<MailFacts> mails,
                                                         absl::StatusOr<MailHandoff::Answer> answer,
                                                         size_t handed_on) {
  const MailFacts last = mails.back();
  if (!answer.ok()) co_return Obstacle(last, answer.status());
  progress_.obstacles = 0;
  if (*answer == MailHandoff::Answer::kHeld) {
    look_again_ = std::time(nullptr) + kLookAgainHeld;
    co_return Next::kLookAgain;
  }
  if (absl::Status s = co_await source_.Settle(std::move(mails)); !s.ok()) {
    if (absl::IsAborted(s)) co_return s;
    co_return Obstacle(last, s);
  }
  progress_.handed_on += handed_on;
  co_return Next::kGoOn;
}

// The mail stays in the mailbox and comes again. What the next service refuses
// for good is tried with less of it.
CatchUp::Next CatchUp::Obstacle(const MailFacts& facts, const absl::Status& status) {
  const std::string id = source_.Id(facts);
  progress_.NoteRefused(id, status);
  const int64_t delay =
      std::min(int64_t{1} << std::min(progress_.obstacles, kMaxDoublings), kLongestObstacle);
  ++progress_.obstacles;
  look_again_ = std::time(nullptr) + delay;
  log::Warn("mail not handed on, will be tried again", {{"mail", id},
                                                        {"account", account_.id},
                                                        {"error", status.ToString()},
                                                        {"in_seconds", delay}});
  return Next::kLookAgain;
}

}  // namespace postern::fetcher
