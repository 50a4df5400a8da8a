#include "services/fetcher/catch_up.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <ctime>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"

namespace postern::fetcher {

namespace {

using boost::asio::experimental::awaitable_operators::operator&&;

constexpr int64_t kLookAgainHeld = 30;
constexpr int64_t kLongestObstacle = 30;
constexpr int kMaxDoublings = 5;
// Who has a backlog and company hands on fewer at once, and rests after each batch as long as it
// took. Otherwise other accounts' mail waits for one large piece of work after another, here and
// in the services behind, and takes three times as long.
constexpr size_t kBatchInCompany = 8;
// So many mails handed on may wait for the cursor, beside those that are on their way to it:
// what comes again after a crash, under the same ids.
constexpr size_t kMostUnsettled = 128;

}  // namespace

CatchUp::CatchUp(const Account& account, Mailbox& source, Progress& progress,
                 const AvailabilityFeed& availability, MailHandoff& handoff, HeldMails* held,
                 const HeldMailbox* again)
    : account_(account),
      source_(source),
      progress_(progress),
      handoff_(handoff),
      reader_(account, source_, progress, availability, handoff.budget()),
      delivery_({account, source_, progress, handoff, held, again}) {}

net::Task<absl::StatusOr<int64_t>> CatchUp::Run() {
  for (;;) {
    auto found = co_await source_.Look();
    if (!found.ok()) co_return found.status();
    reader_.Begin(found->mails);
    auto next = co_await Pass(found->mails);
    if (!next.ok()) co_return next.status();
    if (*next == Next::kLookAgain) co_return look_again_;
    if (*next == Next::kStay) co_return 0;
    if (!found->more) co_return 0;
  }
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::Pass(const std::vector<MailFacts>& mails) {
  for (size_t at = 0; at < mails.size();) {
    absl::StatusOr<Next> next = Next::kStay;
    waiting_since_ = mails[at].received_unix;
    const Disposition way = reader_.DispositionOf(mails[at]);
    const bool waits = way == Disposition::kWait || way == Disposition::kDigest;
    bool ahead = false;
    if (waits) ahead = co_await delivery_.JudgesAhead(MailHandoff::kMaxFull);
    switch (way) {
      case Disposition::kWait:
        if (ahead) {
          next = co_await JudgeAhead(mails, at, way);
          break;
        }
        look_again_ = QuietUntil(account_, std::time(nullptr)).value_or(0);
        co_return look_again_ != 0 ? Next::kLookAgain : Next::kStay;
      case Disposition::kPassOver:
        next = co_await PassOver(mails, at);
        break;
      case Disposition::kDeliver:
        next = co_await HandOnFull(mails, at);
        break;
      case Disposition::kDigest:
        if (ahead) {
          next = co_await JudgeAhead(mails, at, way);
        } else {
          next = co_await HandOnDigest(mails, at);
        }
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
  while (at < mails.size() && reader_.DispositionOf(mails[at]) == Disposition::kPassOver) {
    passed.push_back(mails[at++]);
  }
  if (absl::Status s = co_await source_.Settle(std::move(passed)); !s.ok()) co_return s;
  co_return Next::kGoOn;
}

// Their user wants none now, but their rules don't wait for that: what they say is done, and what
// is to be shown is held.
net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::JudgeAhead(const std::vector<MailFacts>& mails,
                                                             size_t& at, Disposition way) {
  MailBatch batch;
  co_await reader_.Read(way, mails, at, MailHandoff::kMaxFull, batch);
  if (!batch.broken.ok() && batch.items.empty()) co_return batch.broken;
  const absl::Status broken = batch.broken;
  std::vector<MailFacts> looked_at;
  std::vector<JudgedMail> read = batch.Unpack(looked_at);
  if (looked_at.empty()) co_return Next::kGoOn;  // the presence changed just now
  auto result = co_await delivery_.JudgeAhead(std::move(read));
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (!result.ok()) answer = result.status();
  if (result.ok()) answer = result->answer;
  if (const auto stopped = Stopped(answer, looked_at)) co_return *stopped;
  MarkHandedOn(result->handed_on, looked_at);
  at += looked_at.size();
  absl::Status settled = co_await source_.Settle(std::move(looked_at));
  if (absl::IsAborted(settled)) co_return settled;
  if (!settled.ok()) co_return Obstacle({mails[at - 1]}, settled);
  progress_.handed_on += result->handed_on.size();
  if (!broken.ok()) co_return broken;
  co_return Next::kGoOn;
}

// --- each mail at once ----------------------------------------------------------------

// Reading, handing on and settling go on side by side.
net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::HandOnFull(const std::vector<MailFacts>& mails,
                                                             size_t& at) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Flow flow(executor);
  Next next = Next::kGoOn;
  net::Task<void> reading = ReadAhead(mails, at, flow);
  net::Task<void> handing_on = HandOnAll(flow, at, next);
  net::Task<void> settling = SettleBehind(flow);
  co_await (std::move(reading) && std::move(handing_on) && std::move(settling));
  if (absl::IsAborted(flow.settled)) co_return flow.settled;
  if (!flow.broken.ok()) co_return flow.broken;
  if (!flow.settled.ok()) co_return Obstacle({mails[at - 1]}, flow.settled);
  co_return next;
}

net::Task<void> CatchUp::ReadAhead(const std::vector<MailFacts>& mails, size_t from, Flow& flow) {
  for (bool last = false; !last && !flow.stopped;) {
    const size_t most = handoff_.IsShared(account_) ? kBatchInCompany : MailHandoff::kMaxFull;
    MailBatch batch;
    co_await reader_.Read(Disposition::kDeliver, mails, from, most, batch);
    from += batch.items.size();
    if (!batch.broken.ok()) flow.broken = batch.broken;
    last = batch.items.empty() || !batch.broken.ok();
    while (flow.batch && !flow.stopped) co_await flow.taken.Wait();
    if (flow.stopped) co_return;
    flow.batch = std::move(batch);
    flow.last = last;
    flow.read.Notify();
  }
}

net::Task<void> CatchUp::HandOnAll(Flow& flow, size_t& at, Next& next) {
  for (bool last = false; !last;) {
    while (!flow.batch) co_await flow.read.Wait();
    MailBatch batch = *std::move(flow.batch);
    flow.batch.reset();
    flow.taken.Notify();
    last = flow.last;
    const bool many = batch.items.size() >= kBatchInCompany;
    const auto began = std::chrono::steady_clock::now();
    Outcome outcome;
    co_await HandOn(std::move(batch), outcome);
    next = outcome.next;
    at += outcome.dealt_with.size();
    flow.Add(outcome);
    if (many && handoff_.IsShared(account_)) {
      const auto rest = std::chrono::steady_clock::now() - began;
      co_await net::Sleep(rest);
    }
    while (flow.unsettled.size() >= kMostUnsettled && flow.settled.ok()) co_await flow.fewer.Wait();
    last = last || next != Next::kGoOn || outcome.interrupted || !flow.settled.ok();
  }
  flow.stopped = true;
  flow.batch.reset();  // others wait for the memory that it may take
  flow.taken.Notify();
  flow.more.Notify();
}

net::Task<void> CatchUp::SettleBehind(Flow& flow) {
  for (;;) {
    while (flow.unsettled.empty() && !flow.stopped) co_await flow.more.Wait();
    if (flow.unsettled.empty()) co_return;
    std::vector<MailFacts> mails = std::exchange(flow.unsettled, {});
    const size_t handed_on = std::exchange(flow.handed_on, 0);
    flow.settled = co_await source_.Settle(std::move(mails));
    if (flow.settled.ok()) progress_.handed_on += handed_on;
    flow.fewer.Notify();
    if (!flow.settled.ok()) co_return;
  }
}

void CatchUp::Flow::Add(const Outcome& outcome) {
  unsettled.insert(unsettled.end(), outcome.dealt_with.begin(), outcome.dealt_with.end());
  handed_on += outcome.handed_on;
  more.Notify();
}

// Only by POP3 anybody asks: what was handed on may be removed some day.
void CatchUp::MarkHandedOn(const absl::flat_hash_set<std::string>& ids,
                           std::vector<MailFacts>& mails) const {
  if (account_.type != AccountType::kPop3) return;
  for (MailFacts& facts : mails) facts.handed_on = ids.contains(source_.Id(facts));
}

net::Task<void> CatchUp::HandOn(MailBatch batch, Outcome& outcome) {
  outcome.interrupted = !reader_.LeaveThoseOfTheSameWay(Disposition::kDeliver, batch);
  std::vector<MailFacts> looked_at;
  std::vector<JudgedMail> mails = batch.Unpack(looked_at);
  if (looked_at.empty()) co_return;
  auto result = co_await delivery_.HandOn(std::move(mails));
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (!result.ok()) answer = result.status();
  if (result.ok()) {
    answer = result->answer;
    outcome.handed_on = result->handed_on.size();
    MarkHandedOn(result->handed_on, looked_at);
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
  const size_t handed_on = digest.lines.size();
  absl::flat_hash_set<std::string> ids;
  for (const IncomingMail& line : digest.lines) ids.insert(line.delivery_id);
  MarkHandedOn(ids, digest.looked_at);
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (handed_on > 0) {
    answer = co_await handoff_.DeliverDigest(account_, std::move(digest.lines));
  }
  if (const auto stopped = Stopped(answer, digest.looked_at)) co_return *stopped;
  at += digest.looked_at.size();
  absl::Status settled = co_await source_.Settle(std::move(digest.looked_at));
  if (absl::IsAborted(settled)) co_return settled;
  if (!settled.ok()) co_return Obstacle({mails[at - 1]}, settled);
  progress_.handed_on += handed_on;
  co_return Next::kGoOn;
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::CollectDigest(const std::vector<MailFacts>& mails,
                                                                size_t at, Digest& digest) {
  const size_t most = reader_.GoesAlone(at) ? 1 : MailHandoff::kMaxDigest;
  size_t bytes = 0;
  while (digest.lines.size() < most && bytes < kMaxBatchBytes) {
    MailBatch batch;
    const size_t wanted = std::min(most - digest.lines.size(), MailHandoff::kMaxJudged);
    co_await reader_.Read(Disposition::kDigest, mails, at + digest.looked_at.size(), wanted, batch);
    if (!batch.broken.ok()) co_return batch.broken;
    const bool whole = reader_.LeaveThoseOfTheSameWay(Disposition::kDigest, batch);
    if (batch.items.empty()) break;
    std::vector<MailFacts> looked_at;
    std::vector<JudgedMail> read = batch.Unpack(looked_at);
    auto lines = co_await delivery_.LeaveForDigest(std::move(read));
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
