#include "services/sender/outbox/outbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/digest.h"
#include "lib/process/log.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/outbox/outbox_codec.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender {
namespace {

namespace scripts = outbox_scripts;
using scripts::kShard;

// A request may be repeated as long as its mail may be in the queue, and then some.
constexpr std::chrono::hours kKeyLife = kQueueLifetime + std::chrono::hours(48);
// Pieces of a mail that never came to be put, for its sender died. No mail takes as long to store.
constexpr std::chrono::minutes kPieceLife{20};
constexpr char kRecoverAtOnce[] = "100";
constexpr size_t kLeasesAtOnce = 250;

std::string PieceKey(const std::string& queue_id, size_t number) {
  return absl::StrCat(kShard, ":content:", queue_id, ":", number);
}

// What the scripts answer to a mail that is put: a word, and after it what there is to say.
absl::StatusOr<Receipt> ReceiptOf(const std::string& answer, Receipt receipt,
                                  uint64_t per_account) {
  const std::vector<std::string> lines = absl::StrSplit(answer, '\n');
  if (lines[0] == "QUEUED" && lines.size() == 2) {
    if (absl::SimpleAtoi(lines[1], &receipt.due_ms)) return receipt;
  }
  if (lines[0] == "DUPLICATE" && lines.size() >= 3) {
    receipt.queue_id = lines[1];
    receipt.message_id = lines[2];
    receipt.duplicate = true;
    return receipt;
  }
  if (lines[0] == "ACCOUNT_FULL") {
    return words::Error(absl::StatusCode::kResourceExhausted,
                        words::Word("$0 mails of this account wait to be sent already; try "
                                    "again when some of them have left",
                                    per_account));
  }
  if (lines[0] == "SITE_FULL") {
    return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("too many mails wait to be sent on this gateway; try again later"));
  }
  if (lines[0] == "LOST") return absl::UnavailableError("outbox: a part of the mail was lost");
  if (lines[0] == "FOREIGN") {
    return absl::DataLossError(
        "outbox: Redis has something under the keys of this account that no Postern wrote there");
  }
  return absl::DataLossError("outbox: Redis answered something that no script of ours answers");
}

bool AnySent(const Settlement& settlement) {
  return std::any_of(settlement.outcomes.begin(), settlement.outcomes.end(),
                     [](const Outcome& one) { return one.kind == Outcome::Kind::kSent; });
}

}  // namespace

Outbox::Outbox(boost::asio::any_io_executor executor, store::RedisClient& redis,
               OutboxLimits limits)
    : redis_(redis),
      limits_(limits),
      puts_(executor, redis, scripts::kPut, kShard,
            {absl::StrCat(limits.per_account), absl::StrCat(limits.total),
             absl::StrCat(limits.bytes), Ms(kKeyLife), Ms(limits.late_after)}),
      dots_(executor, redis, scripts::kMarkDot, kShard, {Ms(limits.lease)}),
      settlements_(executor, redis, scripts::kSettle, kShard, {}),
      reported_(executor, redis, scripts::kReported, kShard, {}) {}

net::Task<absl::StatusOr<store::Reply>> Outbox::Run(const store::Script& script, Args args) {
  std::vector<std::string> keys(1, kShard);
  co_return co_await redis_.Run(script, std::move(keys), std::move(args));
}

net::Task<absl::Status> Outbox::RunFenced(const store::Script& script, Args args) {
  co_return Fenced(co_await Run(script, std::move(args)));
}

net::Task<absl::StatusOr<int64_t>> Outbox::RunForCount(const store::Script& script, Args args) {
  auto reply = co_await Run(script, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return reply->integer;
}

net::Task<absl::StatusOr<Receipt>> Outbox::Put(Submission submission) {
  ComposedMail& mail = submission.mail;
  Receipt receipt;
  receipt.queue_id = crypto::RandomId();
  receipt.message_id = mail.message_id;
  const std::string fixed = EncodeFixed(mail, submission.context);
  const size_t size = mail.content.size();
  size_t pieces = 0;
  if (size > kInlineBytes) {
    auto word = co_await StorePieces(submission, receipt.queue_id);
    if (!word.ok()) co_return word.status();
    if (*word != "ROOM") co_return ReceiptOf(*word, std::move(receipt), limits_.per_account);
    pieces = (size + kPieceBytes - 1) / kPieceBytes;
    mail.content.clear();
  }
  std::vector<std::string> args = {receipt.queue_id,
                                   std::move(submission.account_id),
                                   std::move(submission.owner),
                                   crypto::Sha256Hex(submission.key),
                                   std::move(mail.message_id),
                                   fixed,
                                   absl::StrJoin(mail.envelope.to, "\n"),
                                   absl::StrCat(size),
                                   submission.context.empty() ? "0" : "1",
                                   std::move(mail.content),
                                   absl::StrCat(pieces),
                                   Ms(std::max(submission.wait, milliseconds(0))),
                                   submission.to_be_filed ? "1" : "0"};
  auto reply = co_await puts_.Run(std::move(args));
  if (!reply.ok()) co_return reply.status();
  const std::string queue_id = receipt.queue_id;
  auto put = ReceiptOf(reply->text, std::move(receipt), limits_.per_account);
  if (!put.ok() || put->queue_id != queue_id) co_await DropPieces(queue_id, pieces);
  co_return put;
}

// A large mail's content goes before it: one that breaks off leaves pieces that expire. Answers
// what kRoom does.
net::Task<absl::StatusOr<std::string>> Outbox::StorePieces(const Submission& submission,
                                                           const std::string& queue_id) {
  const std::string& content = submission.mail.content;
  std::vector<std::string> args = {submission.account_id,        crypto::Sha256Hex(submission.key),
                                   absl::StrCat(content.size()), absl::StrCat(limits_.per_account),
                                   absl::StrCat(limits_.total),  absl::StrCat(limits_.bytes)};
  auto room = co_await Run(scripts::kRoom, std::move(args));
  if (!room.ok()) co_return room.status();
  if (room->text != "ROOM") co_return room->text;
  for (size_t n = 0; n * kPieceBytes < content.size(); ++n) {
    std::vector<std::string> set = {"SET", PieceKey(queue_id, n),
                                    content.substr(n * kPieceBytes, kPieceBytes), "PX",
                                    Ms(kPieceLife)};
    auto stored = co_await redis_.Command(std::move(set));
    if (stored.ok()) continue;
    // A full Redis has the room again at once.
    co_await DropPieces(queue_id, n + 1);
    co_return stored.status();
  }
  co_return room->text;
}

// Of a mail that was not put. Those that stay for Redis is away expire.
net::Task<void> Outbox::DropPieces(const std::string& queue_id, size_t pieces) {
  if (pieces == 0 || !redis_.connected()) co_return;
  std::vector<std::string> unlink(1, "UNLINK");
  for (size_t n = 0; n < pieces; ++n) unlink.push_back(PieceKey(queue_id, n));
  auto dropped = co_await redis_.Command(std::move(unlink));
  if (!dropped.ok()) {
    log::Info("pieces of a mail that was not queued stay until they expire", {{"mail", queue_id}});
  }
}

net::Task<absl::StatusOr<TakeResult>> Outbox::Take(TakeRequest request) {
  std::vector<std::string> args = {Ms(limits_.lease), absl::StrCat(request.accounts),
                                   absl::StrCat(request.mails_each)};
  args.insert(args.end(), request.busy_accounts.begin(), request.busy_accounts.end());
  auto reply = co_await Run(scripts::kTake, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadTake(*reply);
}

net::Task<absl::StatusOr<TakeResult>> Outbox::TakeMore(std::string account_id, size_t count) {
  std::vector<std::string> args = {Ms(limits_.lease), std::move(account_id), absl::StrCat(count)};
  auto reply = co_await Run(scripts::kTakeMore, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadTake(*reply);
}

net::Task<absl::StatusOr<std::vector<std::string>>> Outbox::Renew(std::vector<Lease> leases) {
  std::vector<std::string> lost;
  for (size_t first = 0; first < leases.size(); first += kLeasesAtOnce) {
    std::vector<std::string> args(1, Ms(limits_.lease));
    for (size_t i = first; i < std::min(first + kLeasesAtOnce, leases.size()); ++i) {
      args.push_back(std::move(leases[i].queue_id));
      args.push_back(std::move(leases[i].token));
    }
    auto reply = co_await Run(scripts::kRenew, std::move(args));
    if (!reply.ok()) co_return reply.status();
    for (store::Reply& item : reply->items) lost.push_back(std::move(item.text));
  }
  co_return lost;
}

net::Task<absl::StatusOr<std::vector<std::string>>> Outbox::Recover() {
  std::vector<std::string> args(1, kRecoverAtOnce);
  auto reply = co_await Run(scripts::kRecover, std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::vector<std::string> ids;
  for (store::Reply& item : reply->items) ids.push_back(std::move(item.text));
  co_return ids;
}

net::Task<absl::Status> Outbox::MarkDot(Lease lease) {
  std::vector<std::string> args = {lease.queue_id, lease.token};
  co_return Fenced(co_await dots_.Run(std::move(args)));
}

net::Task<absl::Status> Outbox::Settle(Lease lease, Settlement settlement) {
  const std::string flags =
      absl::StrCat(settlement.uncertain ? "u" : "", AnySent(settlement) ? "s" : "");
  std::vector<std::string> args = {lease.queue_id,
                                   lease.token,
                                   absl::StrJoin(settlement.pending, "\n"),
                                   EncodeOutcomes(settlement.outcomes),
                                   Ms(settlement.retry_in),
                                   Ms(settlement.pause_account),
                                   EncodeWording(settlement.error),
                                   flags};
  co_return Fenced(co_await settlements_.Run(std::move(args)));
}

net::Task<absl::Status> Outbox::Pass(Lease lease, Settlement so_far) {
  std::vector<std::string> args = {lease.queue_id, lease.token, absl::StrJoin(so_far.pending, "\n"),
                                   EncodeOutcomes(so_far.outcomes)};
  co_return co_await RunFenced(scripts::kPass, std::move(args));
}

net::Task<absl::Status> Outbox::Release(Lease lease) {
  std::vector<std::string> args = {lease.queue_id, lease.token};
  co_return co_await RunFenced(scripts::kRelease, std::move(args));
}

net::Task<absl::StatusOr<std::string>> Outbox::Content(std::string queue_id, size_t offset,
                                                       size_t count) {
  std::vector<std::string> args = {std::move(queue_id), absl::StrCat(offset), absl::StrCat(count)};
  auto reply = co_await Run(scripts::kContent, std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (offset == 0 && reply->text.empty()) {
    co_return absl::NotFoundError("outbox: the content of the mail is gone");
  }
  co_return std::move(reply->text);
}

}  // namespace postern::sender
