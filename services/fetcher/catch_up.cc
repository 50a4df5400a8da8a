#include "services/fetcher/catch_up.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "lib/process/log.h"

namespace postern::fetcher {

namespace {

// One mail more may come on top; the edge takes 4 MiB.
constexpr size_t kMaxBatchBytes = 2 * 1024 * 1024;
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
  return Decide(account_, availability_.Of(account_.owner), facts.received_unix,
                std::time(nullptr));
}

// The presence is looked up anew for each mail: it changes while we work.
net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::Pass(const std::vector<MailFacts>& mails) {
  for (size_t at = 0; at < mails.size();) {
    absl::StatusOr<Next> next = Next::kStay;
    waiting_since_ = mails[at].received_unix;
    switch (DispositionOf(mails[at])) {
      case Disposition::kWait:
        look_again_ = QuietUntil(account_, std::time(nullptr)).value_or(0);
        co_return look_again_ != 0 ? Next::kLookAgain : Next::kStay;
      case Disposition::kPassOver:
        next = co_await PassOver(mails, at);
        break;
      case Disposition::kDeliver:
        next = co_await HandOnFull(mails, at);
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

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::HandOnFull(const std::vector<MailFacts>& mails,
                                                             size_t& at) {
  auto batch = co_await Collect(Disposition::kDeliver, mails, at);
  if (!batch.ok()) co_return batch.status();
  if (batch->obstacle) co_return *batch->obstacle;
  if (batch->looked_at.empty()) co_return Next::kGoOn;  // the presence changed just now
  const size_t count = batch->mails.size();
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (count > 0) answer = co_await handoff_.DeliverFull(account_, std::move(batch->mails));
  co_return co_await Settle(std::move(batch->looked_at), std::move(answer), count);
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::HandOnDigest(const std::vector<MailFacts>& mails,
                                                               size_t& at) {
  const int64_t now = std::time(nullptr);
  const int64_t due = DigestDue(account_, mails[at].received_unix, now);
  if (!digest_now_ && due > now) {
    look_again_ = due;
    co_return Next::kLookAgain;
  }
  auto batch = co_await Collect(Disposition::kDigest, mails, at);
  if (!batch.ok()) co_return batch.status();
  if (batch->obstacle) co_return *batch->obstacle;
  // Once begun, a digest that needs more than one message is sent to its end.
  digest_now_ = true;
  if (batch->looked_at.empty()) co_return Next::kGoOn;  // the presence changed just now
  const size_t count = batch->mails.size();
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (count > 0) answer = co_await handoff_.DeliverDigest(account_, std::move(batch->mails));
  co_return co_await Settle(std::move(batch->looked_at), std::move(answer), count);
}

bool CatchUp::HasTroubled(const std::vector<MailFacts>& mails, size_t from) const {
  if (progress_.troubled.empty()) return false;
  for (size_t i = from; i < mails.size(); ++i) {
    if (progress_.IsTroubled(source_.Id(mails[i]))) return true;
  }
  return false;
}

net::Task<absl::StatusOr<CatchUp::Batch>> CatchUp::Collect(Disposition way,
                                                           const std::vector<MailFacts>& mails,
                                                           size_t& at) {
  const bool digest = way == Disposition::kDigest;
  const size_t most = digest ? MailHandoff::kMaxDigest : MailHandoff::kMaxFull;
  // When the edge refused a batch, its mails go one by one, to find the bad one.
  const size_t limit = HasTroubled(mails, at) ? 1 : most;
  Batch batch;
  size_t bytes = 0;
  for (; at < mails.size() && batch.mails.size() < limit && bytes < kMaxBatchBytes; ++at) {
    if (DispositionOf(mails[at]) != way) break;
    auto mail = co_await Read(mails[at]);
    if (!mail.ok()) co_return mail.status();
    batch.looked_at.push_back(mails[at]);
    if (!mail->has_value()) continue;  // somebody removed it meanwhile
    auto wanted = co_await handoff_.IsWanted(account_, **mail);
    if (!wanted.ok()) {
      batch.obstacle = Obstacle(mails[at], wanted.status());
      co_return batch;
    }
    if (!*wanted) continue;
    if (digest) TrimForDigest((*mail)->mail);
    bytes += WireSize((*mail)->mail);
    batch.mails.push_back(**std::move(mail));
  }
  co_return batch;
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
  log::Warn("mail not handed on, will be tried again",
            {{"mail", id},
             {"account", account_.id},
             {"error", status.ToString(absl::StatusToStringMode::kWithNoExtraData)},
             {"in_seconds", delay}});
  return Next::kLookAgain;
}

}  // namespace postern::fetcher
