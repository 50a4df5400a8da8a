#include "services/fetcher/catch_up.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"

namespace postern::fetcher {

namespace {

constexpr size_t kMaxMails = 5000;  // looked at in one pass
constexpr size_t kMaxDigestBytes = 2 * 1024 * 1024;
constexpr int kTroublesBeforeLess = 3;  // failures that may be chance
constexpr int64_t kLookAgainHeld = 30;
constexpr int64_t kLongestObstacle = 30;
constexpr int kMaxDoublings = 5;

// What makes no sense now, or is too much, will be so the next time.
bool IsTheMailsFault(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status) ||
         absl::IsDataLoss(status);
}

}  // namespace

void Progress::NoteUnread(uint32_t uid, const absl::Status& status) {
  // A server that goes away may do so because of this mail: a few times count.
  NoteTrouble(uid, IsTheMailsFault(status) ? kTroublesBeforeLess : 1);
}

void Progress::NoteRefused(uint32_t uid, const absl::Status& status) {
  if (IsTheMailsFault(status)) NoteTrouble(uid, kTroublesBeforeLess);
}

void Progress::NoteTrouble(uint32_t uid, int weight) {
  if (uid != troubled_uid) troubles = 0;
  troubled_uid = uid;
  troubles += weight;
}

Depth Progress::DepthFor(uint32_t uid) const {
  if (uid != troubled_uid || troubles < kTroublesBeforeLess) return Depth::kAll;
  return troubles < 2 * kTroublesBeforeLess ? Depth::kHeader : Depth::kNothing;
}

std::optional<MailFacts> FactsOf(const imap::FetchData& data, int64_t now_unix) {
  if (!data.size) return std::nullopt;
  MailFacts facts;
  facts.uid = data.uid;
  facts.size = *data.size;
  facts.received_unix = data.received_unix.value_or(now_unix);
  return facts;
}

CatchUp::CatchUp(const Account& account, imap::Session& session, Progress& progress,
                 const AvailabilityFeed& availability, MailHandoff& handoff, CursorStore& cursors)
    : account_(account),
      session_(session),
      progress_(progress),
      availability_(availability),
      handoff_(handoff),
      cursors_(cursors) {}

net::Task<absl::StatusOr<int64_t>> CatchUp::Run() {
  for (;;) {
    session_.ForgetNews();
    auto found = co_await Look();
    if (!found.ok()) co_return found.status();
    const std::vector<MailFacts> mails = found->Take();
    auto next = co_await Pass(mails);
    if (!next.ok()) co_return next.status();
    if (*next == Next::kLookAgain) co_return look_again_;
    if (*next == Next::kStay) co_return 0;
    if (found->more()) continue;
    digest_now_ = false;
    if (!session_.HasNews()) co_return 0;
  }
}

net::Task<absl::StatusOr<NewMails>> CatchUp::Look() {
  NewMails found(progress_.cursor.last_uid, kMaxMails);
  if (progress_.cursor.last_uid == UINT32_MAX) co_return found;
  imap::Session::Sink sink = [&found](imap::FetchData data) {
    if (const auto facts = FactsOf(data, std::time(nullptr))) found.Add(*facts);
  };
  const std::string uids = absl::StrCat(progress_.cursor.last_uid + 1, ":*");
  const std::string items = "UID RFC822.SIZE INTERNALDATE";
  absl::Status status = co_await session_.Fetch(uids, items, std::move(sink));
  if (!status.ok()) co_return status;
  co_return found;
}

Disposition CatchUp::DispositionOf(const MailFacts& facts) const {
  return Decide(account_, availability_.Of(account_.owner), facts.received_unix);
}

// The presence is looked up anew for each mail: it changes while we work.
net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::Pass(const std::vector<MailFacts>& mails) {
  for (size_t at = 0; at < mails.size();) {
    absl::StatusOr<Next> next = Next::kStay;
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
  co_return Next::kGoOn;
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::PassOver(const std::vector<MailFacts>& mails,
                                                           size_t& at) {
  uint32_t last = 0;
  while (at < mails.size() && DispositionOf(mails[at]) == Disposition::kPassOver) {
    last = mails[at++].uid;
  }
  if (absl::Status s = co_await Advance(last); !s.ok()) co_return s;
  co_return Next::kGoOn;
}

net::Task<absl::StatusOr<std::optional<IncomingMail>>> CatchUp::Read(MailFacts facts) {
  auto mail = co_await ReadMail(session_, facts, progress_.DepthFor(facts.uid));
  if (!mail.ok()) {
    progress_.NoteUnread(facts.uid, mail.status());
    co_return mail.status();
  }
  if (!mail->has_value()) co_return std::nullopt;
  IncomingMail incoming;
  incoming.delivery_id = MailId(facts.uid);
  incoming.mail = **std::move(mail);
  co_return std::optional<IncomingMail>(std::move(incoming));
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::HandOn(MailFacts facts) {
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  auto mail = co_await Read(facts);
  if (!mail.ok()) co_return mail.status();
  if (mail->has_value()) {  // else somebody removed it meanwhile
    auto wanted = co_await handoff_.IsWanted(account_, **mail);
    if (!wanted.ok()) co_return Obstacle(facts.uid, wanted.status());
    if (*wanted) answer = co_await handoff_.DeliverFull(account_, **mail);
  }
  co_return co_await Settle(facts.uid, std::move(answer), mail->has_value() ? 1 : 0);
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
  if (digest->last_uid == 0) co_return Next::kGoOn;  // the presence changed just now
  const size_t count = digest->mails.size();
  absl::StatusOr<MailHandoff::Answer> answer = MailHandoff::Answer::kDone;
  if (count > 0) answer = co_await handoff_.DeliverDigest(account_, std::move(digest->mails));
  co_return co_await Settle(digest->last_uid, std::move(answer), count);
}

net::Task<absl::StatusOr<CatchUp::Digest>> CatchUp::CollectDigest(
    const std::vector<MailFacts>& mails, size_t& at) {
  // When the edge refused a digest, its mails go one by one, to find the bad one.
  const bool suspicious =
      progress_.troubles >= kTroublesBeforeLess && progress_.troubled_uid >= mails[at].uid;
  const size_t limit = suspicious ? 1 : MailHandoff::kMaxDigest;
  Digest digest;
  size_t bytes = 0;
  for (; at < mails.size() && digest.mails.size() < limit && bytes < kMaxDigestBytes; ++at) {
    if (DispositionOf(mails[at]) != Disposition::kDigest) break;
    auto mail = co_await Read(mails[at]);
    if (!mail.ok()) co_return mail.status();
    digest.last_uid = mails[at].uid;
    if (!mail->has_value()) continue;
    auto wanted = co_await handoff_.IsWanted(account_, **mail);
    if (!wanted.ok()) {
      digest.obstacle = Obstacle(digest.last_uid, wanted.status());
      co_return digest;
    }
    if (!*wanted) continue;
    TrimForDigest((*mail)->mail);
    bytes += WireSize((*mail)->mail);
    digest.mails.push_back(**std::move(mail));
  }
  co_return digest;
}

net::Task<absl::StatusOr<CatchUp::Next>> CatchUp::Settle(uint32_t uid,
                                                         absl::StatusOr<MailHandoff::Answer> answer,
                                                         size_t mails) {
  if (!answer.ok()) co_return Obstacle(uid, answer.status());
  progress_.obstacles = 0;
  if (*answer == MailHandoff::Answer::kHeld) {
    look_again_ = std::time(nullptr) + kLookAgainHeld;
    co_return Next::kLookAgain;
  }
  if (absl::Status s = co_await Advance(uid); !s.ok()) {
    if (absl::IsAborted(s)) co_return s;
    co_return Obstacle(uid, s);
  }
  progress_.handed_on += mails;
  co_return Next::kGoOn;
}

net::Task<absl::Status> CatchUp::Advance(uint32_t uid) {
  Cursor cursor = progress_.cursor;
  cursor.last_uid = std::max(cursor.last_uid, uid);
  absl::Status status = co_await cursors_.Advance(progress_.lease, cursor);
  if (status.ok()) progress_.cursor = cursor;
  co_return status;
}

// The mail stays in the mailbox and comes again. What the next service refuses
// for good is tried with less of it.
CatchUp::Next CatchUp::Obstacle(uint32_t uid, const absl::Status& status) {
  progress_.NoteRefused(uid, status);
  const int64_t delay =
      std::min(int64_t{1} << std::min(progress_.obstacles, kMaxDoublings), kLongestObstacle);
  ++progress_.obstacles;
  look_again_ = std::time(nullptr) + delay;
  log::Warn("mail not handed on, will be tried again", {{"mail", MailId(uid)},
                                                        {"account", account_.id},
                                                        {"error", status.ToString()},
                                                        {"in_seconds", delay}});
  return Next::kLookAgain;
}

std::string CatchUp::MailId(uint32_t uid) const {
  return DeliveryId(account_.id, progress_.cursor, uid);
}

}  // namespace postern::fetcher
