#include "services/fetcher/catch_up.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <ctime>
#include <utility>

#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"

namespace postern::fetcher {

namespace {

using boost::asio::experimental::awaitable_operators::operator&&;

// One mail more may come on top; the edge takes 4 MiB.
constexpr size_t kMaxBatchBytes = 2 * 1024 * 1024;
constexpr int64_t kLookAgainHeld = 30;
constexpr int64_t kLongestObstacle = 30;
constexpr int kMaxDoublings = 5;
// A mail that made trouble was in the first batches, or the first digest, then.
constexpr size_t kTroubledWithin = MailHandoff::kMaxDigest + 2 * MailHandoff::kMaxFull;
constexpr uint64_t kMostOfAMail = 1024 * 1024;    // that is in memory at once
constexpr uint64_t kMailOfUnknownSize = 64 * 1024;

// What mails will weigh while they are read; not much more comes of it than a batch holds.
size_t ExpectedBytes(const std::vector<WantedMail>& wanted) {
  uint64_t bytes = 0;
  for (const WantedMail& each : wanted) {
    const uint64_t size = each.facts.size == 0 ? kMailOfUnknownSize : each.facts.size;
    bytes += std::min(size, kMostOfAMail);
  }
  return std::min<uint64_t>(bytes, kMaxBatchBytes);
}

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
    one_by_one_ = FindTroubled(found->mails);
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
    if (!next.ok() || *next != Next::kGoOn) {
      if (at < mails.size()) waiting_since_ = mails[at].received_unix;
      co_return next;
    }
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

// --- reading ------------------------------------------------------------------------

std::vector<WantedMail> CatchUp::Wanted(Disposition way, const std::vector<MailFacts>& mails,
                                        size_t from, size_t most) const {
  std::vector<WantedMail> wanted;
  for (; from < mails.size() && wanted.size() < most; ++from) {
    if (DispositionOf(mails[from]) != way) break;
    WantedMail& each = wanted.emplace_back();
    each.facts = mails[from];
    if (!progress_.troubled.empty()) each.depth = progress_.DepthFor(source_.Id(each.facts));
  }
  return wanted;
}

// Those of `mails` that go this way, from one of them on.
net::Task<void> CatchUp::ReadBatch(Disposition way, const std::vector<MailFacts>& mails,
                                   size_t from, size_t most, Batch& batch) {
  if (from < one_by_one_) most = 1;
  size_t bytes = 0;
  while (batch.items.size() < most && bytes < kMaxBatchBytes && batch.broken.ok()) {
    const size_t next = from + batch.items.size();
    const std::vector<WantedMail> wanted = Wanted(way, mails, next, most - batch.items.size());
    if (wanted.empty()) co_return;
    if (batch.items.empty()) {
      batch.share = co_await handoff_.budget().Take(ExpectedBytes(wanted));
    }
    ReadMails read = co_await source_.Read(wanted);
    bytes += Take(wanted, std::move(read), batch);
  }
}

// Answers how many bytes were added to the batch.
size_t CatchUp::Take(const std::vector<WantedMail>& wanted, ReadMails read, Batch& batch) {
  size_t bytes = 0;
  for (size_t i = 0; i < read.mails.size(); ++i) {
    Item& item = batch.items.emplace_back();
    item.facts = wanted[i].facts;
    if (!read.mails[i]) continue;  // somebody removed it meanwhile
    IncomingMail& mail = item.mail.emplace();
    mail.delivery_id = source_.Id(item.facts);
    mail.mail = rpc::ToProto(*read.mails[i]);
    bytes += mail.mail.ByteSizeLong();
  }
  batch.broken = read.status;
  if (!read.status.ok()) {
    const std::string id = source_.Id(wanted[read.mails.size()].facts);
    progress_.NoteUnread(id, read.status, read.sure);
  }
  return bytes;
}

// False when the presence has changed for some since they were read: those stay behind.
bool CatchUp::LeaveThoseOfTheSameWay(Disposition way, Batch& batch) const {
  const auto other = std::find_if(batch.items.begin(), batch.items.end(), [&](const Item& item) {
    return DispositionOf(item.facts) != way;
  });
  if (other == batch.items.end()) return true;
  batch.items.erase(other, batch.items.end());
  return false;
}

std::vector<IncomingMail> CatchUp::Unpack(Batch& batch, std::vector<MailFacts>& looked_at) {
  std::vector<IncomingMail> mails;
  for (Item& item : batch.items) {
    looked_at.push_back(item.facts);
    if (item.mail) mails.push_back(*std::move(item.mail));
  }
  return mails;
}

// --- each mail at once ----------------------------------------------------------------

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::HandOnFull(const std::vector<MailFacts>& mails,
                                                             size_t& at) {
  constexpr Disposition kWay = Disposition::kDeliver;
  Batch batch;
  co_await ReadBatch(kWay, mails, at, MailHandoff::kMaxFull, batch);
  absl::Status broken = batch.broken, settled;
  Outcome last;  // of the batch before, which is not settled yet
  Next next = Next::kGoOn;
  bool interrupted = false;
  while (!batch.items.empty() && next == Next::kGoOn && !interrupted && settled.ok()) {
    const size_t behind = broken.ok() ? at + batch.items.size() : mails.size();
    Batch following;
    Outcome outcome;
    net::Task<void> reading = ReadBatch(kWay, mails, behind, MailHandoff::kMaxFull, following);
    net::Task<void> handing_on = HandOn(std::move(batch), outcome);
    net::Task<void> settling = Settle(std::move(last), settled);
    co_await (std::move(reading) && std::move(handing_on) && std::move(settling));
    at += outcome.dealt_with.size();
    next = outcome.next;
    interrupted = outcome.interrupted;
    last = std::move(outcome);
    batch = std::move(following);
    if (broken.ok()) broken = batch.broken;
  }
  if (settled.ok()) co_await Settle(std::move(last), settled);
  if (absl::IsAborted(settled)) co_return settled;
  if (!broken.ok()) co_return broken;
  if (!settled.ok()) co_return Obstacle({mails[at - 1]}, settled);
  co_return next;
}

net::Task<void> CatchUp::HandOn(Batch batch, Outcome& outcome) {
  outcome.interrupted = !LeaveThoseOfTheSameWay(Disposition::kDeliver, batch);
  std::vector<MailFacts> looked_at;
  std::vector<IncomingMail> mails = Unpack(batch, looked_at);
  if (looked_at.empty()) co_return;
  absl::StatusOr<std::vector<IncomingMail>> wanted = std::vector<IncomingMail>();
  if (!mails.empty()) wanted = co_await handoff_.LeaveWanted(account_, std::move(mails));
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (!wanted.ok()) answer = wanted.status();
  if (wanted.ok()) outcome.handed_on = wanted->size();
  if (outcome.handed_on > 0) {
    answer = co_await handoff_.DeliverFull(account_, *std::move(wanted));
  }
  const std::optional<Next> stopped = Stopped(answer, looked_at);
  if (stopped) outcome.next = *stopped;
  if (!stopped) outcome.dealt_with = std::move(looked_at);
}

std::optional<CatchUp::Next> CatchUp::Stopped(const absl::StatusOr<MailHandoff::Answer>& answer,
                                              const std::vector<MailFacts>& mails) {
  if (!answer.ok()) return Obstacle(mails, answer.status());
  progress_.obstacles = 0;
  if (*answer != MailHandoff::Answer::kHeld) return std::nullopt;
  look_again_ = std::time(nullptr) + kLookAgainHeld;
  return Next::kLookAgain;
}

net::Task<void> CatchUp::Settle(Outcome outcome, absl::Status& settled) {
  if (outcome.dealt_with.empty()) co_return;
  settled = co_await source_.Settle(std::move(outcome.dealt_with));
  if (settled.ok()) progress_.handed_on += outcome.handed_on;
}

// --- a digest ---------------------------------------------------------------------------

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::HandOnDigest(const std::vector<MailFacts>& mails,
                                                               size_t& at) {
  const int64_t now = std::time(nullptr);
  const int64_t due = DigestDue(account_, mails[at].received_unix, now);
  if (!digest_now_ && due > now) {
    look_again_ = due;
    co_return Next::kLookAgain;
  }
  Digest digest;
  auto collected = co_await CollectDigest(mails, at, digest);
  if (!collected.ok() || *collected != Next::kGoOn) co_return collected;
  // Once begun, a digest that needs more than one message is sent to its end.
  digest_now_ = true;
  if (digest.looked_at.empty()) co_return Next::kGoOn;  // the presence changed just now
  Outcome outcome;
  outcome.handed_on = digest.lines.size();
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (!digest.lines.empty()) {
    answer = co_await handoff_.DeliverDigest(account_, std::move(digest.lines));
  }
  if (const auto stopped = Stopped(answer, digest.looked_at)) co_return *stopped;
  at += digest.looked_at.size();
  outcome.dealt_with = std::move(digest.looked_at);
  absl::Status settled;
  co_await Settle(std::move(outcome), settled);
  if (absl::IsAborted(settled)) co_return settled;
  if (!settled.ok()) co_return Obstacle({mails[at - 1]}, settled);
  co_return Next::kGoOn;
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::CollectDigest(const std::vector<MailFacts>& mails,
                                                                size_t at, Digest& digest) {
  const size_t most = at < one_by_one_ ? 1 : MailHandoff::kMaxDigest;
  size_t bytes = 0;
  while (digest.lines.size() < most && bytes < kMaxBatchBytes) {
    Batch batch;
    const size_t wanted = std::min(most - digest.lines.size(), MailHandoff::kMaxJudged);
    co_await ReadBatch(Disposition::kDigest, mails, at + digest.looked_at.size(), wanted, batch);
    if (!batch.broken.ok()) co_return batch.broken;
    const bool whole = LeaveThoseOfTheSameWay(Disposition::kDigest, batch);
    if (batch.items.empty()) break;
    std::vector<MailFacts> looked_at;
    std::vector<IncomingMail> read = Unpack(batch, looked_at);
    absl::StatusOr<std::vector<IncomingMail>> lines = std::vector<IncomingMail>();
    if (!read.empty()) lines = co_await handoff_.LeaveWanted(account_, std::move(read));
    if (!lines.ok()) co_return Obstacle(looked_at, lines.status());
    for (IncomingMail& line : *lines) {
      TrimForDigest(line.mail);
      bytes += line.mail.ByteSizeLong();
      digest.lines.push_back(std::move(line));
    }
    digest.looked_at.insert(digest.looked_at.end(), looked_at.begin(), looked_at.end());
    if (!whole) break;
  }
  co_return Next::kGoOn;
}

// --- trouble ------------------------------------------------------------------------------

// After trouble mails go one by one, up to the one it was with, to find the bad one: this
// answers how many of them.
size_t CatchUp::FindTroubled(const std::vector<MailFacts>& mails) const {
  if (progress_.troubled.empty()) return 0;
  for (size_t i = 0; i < std::min(mails.size(), kTroubledWithin); ++i) {
    if (source_.Id(mails[i]) == progress_.troubled) return i + 1;
  }
  return 0;
}

// The mails stay in the mailbox and come again. What the next service refuses
// for good is tried with less of it.
CatchUp::Next CatchUp::Obstacle(const std::vector<MailFacts>& mails, const absl::Status& status) {
  const std::string id = source_.Id(mails.back());
  progress_.NoteRefused(id, status, mails.size() == 1);
  const int64_t delay =
      std::min(int64_t{1} << std::min(progress_.obstacles, kMaxDoublings), kLongestObstacle);
  ++progress_.obstacles;
  look_again_ = std::time(nullptr) + delay;
  log::Warn("mails not handed on, will be tried again",
            {{"mail", id},
             {"mails", mails.size()},
             {"account", account_.id},
             {"error", status.ToString(absl::StatusToStringMode::kWithNoExtraData)},
             {"in_seconds", delay}});
  return Next::kLookAgain;
}

}  // namespace postern::fetcher
