#include "services/sender/outbox/outbox.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/outbox/outbox_codec.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender {
namespace {

namespace scripts = outbox_scripts;
using std::chrono::duration_cast;

// One shard today. With more, a mail's shard comes from its account, and an Outbox serves each.
constexpr char kShard[] = "postern:outbox:{q0}";
// A request may be repeated as long as its mail may be in the queue, and then some.
constexpr std::chrono::hours kKeyLife = kQueueLifetime + std::chrono::hours(48);
constexpr char kRecoverAtOnce[] = "100", kSweepAtOnce[] = "100";
constexpr char kReportClaimMs[] = "60000";

std::string Ms(milliseconds duration) { return absl::StrCat(duration.count()); }

absl::StatusOr<Receipt> DuplicateReceipt(const std::string& known) {
  const size_t newline = known.find('\n');
  if (newline == std::string::npos) return absl::DataLossError("outbox: a key without its mail");
  Receipt receipt;
  receipt.queue_id = known.substr(0, newline);
  receipt.message_id = known.substr(newline + 1);
  receipt.duplicate = true;
  return receipt;
}

}  // namespace

Outbox::Outbox(boost::asio::any_io_executor executor, store::RedisClient& redis,
               OutboxLimits limits)
    : executor_(std::move(executor)), redis_(redis), limits_(limits) {}

net::Task<absl::StatusOr<store::Reply>> Outbox::Run(const store::Script& script,
                                                    std::vector<std::string> args) {
  std::vector<std::string> keys(1, kShard);
  co_return co_await redis_.Run(script, std::move(keys), std::move(args));
}

net::Task<absl::Status> Outbox::RunFenced(const store::Script& script,
                                          std::vector<std::string> args) {
  auto reply = co_await Run(script, std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->integer == 1) co_return absl::OkStatus();
  co_return absl::AbortedError("outbox: the lease on the mail is lost");
}

net::Task<absl::StatusOr<std::vector<std::string>>> Outbox::RunForIds(
    const store::Script& script, std::vector<std::string> args) {
  auto reply = co_await Run(script, std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::vector<std::string> ids;
  for (store::Reply& item : reply->items) ids.push_back(std::move(item.text));
  co_return ids;
}

net::Task<absl::StatusOr<int64_t>> Outbox::RunForCount(const store::Script& script,
                                                       std::vector<std::string> args) {
  auto reply = co_await Run(script, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return reply->integer;
}

net::Task<absl::StatusOr<Receipt>> Outbox::Put(Submission submission) {
  ComposedMail& mail = submission.mail;
  Receipt receipt;
  receipt.queue_id = crypto::RandomId();
  receipt.message_id = mail.message_id;
  std::vector<std::string> args = {receipt.queue_id,
                                   submission.account_id,
                                   submission.owner,
                                   crypto::Sha256Hex(submission.key),
                                   mail.message_id,
                                   mail.envelope.from,
                                   absl::StrJoin(mail.envelope.to, "\n"),
                                   absl::StrCat(mail.envelope.size),
                                   mail.envelope.eight_bit ? "1" : "0",
                                   std::move(submission.context),
                                   std::move(mail.content),
                                   absl::StrCat(limits_.per_account),
                                   absl::StrCat(limits_.total),
                                   Ms(duration_cast<milliseconds>(kKeyLife)),
                                   Ms(limits_.late_after)};
  auto reply = co_await Run(scripts::kPut, std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->items.empty()) co_return absl::DataLossError("outbox: Redis answered nothing");

  const std::string& word = reply->items[0].text;
  if (word == "QUEUED") co_return receipt;
  if (word == "DUPLICATE" && reply->items.size() > 1) {
    co_return DuplicateReceipt(reply->items[1].text);
  }
  if (word == "ACCOUNT_FULL") {
    co_return words::Error(absl::StatusCode::kResourceExhausted,
                           words::Word("$0 mails of this account wait to be sent already; try "
                                       "again when some of them have left",
                                       limits_.per_account));
  }
  co_return words::Error(
      absl::StatusCode::kResourceExhausted,
      words::Word("too many mails wait to be sent on this gateway; try again later"));
}

net::Task<absl::StatusOr<TakeResult>> Outbox::Take(TakeRequest request) {
  std::vector<std::string> args(1, Ms(limits_.lease));
  args.insert(args.end(), request.busy_accounts.begin(), request.busy_accounts.end());
  auto reply = co_await Run(scripts::kTake, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadTake(*reply);
}

net::Task<absl::StatusOr<std::vector<std::string>>> Outbox::Renew(std::vector<Lease> leases) {
  std::vector<std::string> args(1, Ms(limits_.lease));
  for (Lease& lease : leases) {
    args.push_back(std::move(lease.queue_id));
    args.push_back(std::move(lease.token));
  }
  co_return co_await RunForIds(scripts::kRenew, std::move(args));
}

net::Task<absl::StatusOr<std::vector<std::string>>> Outbox::Recover() {
  std::vector<std::string> args(1, kRecoverAtOnce);
  co_return co_await RunForIds(scripts::kRecover, std::move(args));
}

net::Task<absl::Status> Outbox::MarkDot(Lease lease) {
  std::vector<std::string> args = {lease.queue_id, lease.token, Ms(limits_.lease)};
  co_return co_await RunFenced(scripts::kMarkDot, std::move(args));
}

net::Task<absl::Status> Outbox::Settle(Lease lease, Settlement settlement) {
  std::vector<std::string> args = {lease.queue_id,
                                   lease.token,
                                   absl::StrJoin(settlement.pending, "\n"),
                                   EncodeOutcomes(settlement.outcomes),
                                   Ms(settlement.retry_in),
                                   Ms(settlement.pause_account),
                                   EncodeWording(settlement.error)};
  co_return co_await RunFenced(scripts::kSettle, std::move(args));
}

net::Task<absl::Status> Outbox::Release(Lease lease) {
  std::vector<std::string> args = {lease.queue_id, lease.token};
  co_return co_await RunFenced(scripts::kRelease, std::move(args));
}

net::Task<absl::Status> Outbox::Suspend(std::string account_id, milliseconds pause,
                                        words::Wording why, std::optional<Lease> lease) {
  std::vector<std::string> args = {std::move(account_id), Ms(pause), EncodeWording(why)};
  if (lease) {
    args.push_back(lease->queue_id);
    args.push_back(lease->token);
  }
  co_return co_await RunFenced(scripts::kSuspend, std::move(args));
}

net::Task<absl::StatusOr<std::string>> Outbox::Content(std::string queue_id, size_t offset,
                                                       size_t count) {
  std::vector<std::string> args = {"GETRANGE", absl::StrCat(kShard, ":content:", queue_id),
                                   absl::StrCat(offset), absl::StrCat(offset + count - 1)};
  auto reply = co_await redis_.Command(std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (offset == 0 && reply->text.empty()) {
    co_return absl::NotFoundError("outbox: the content of the mail is gone");
  }
  co_return std::move(reply->text);
}

net::Task<absl::StatusOr<std::vector<Report>>> Outbox::TakeReports(size_t limit) {
  std::vector<std::string> args = {absl::StrCat(limit), kReportClaimMs};
  auto reply = co_await Run(scripts::kTakeReports, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadReports(*reply);
}

net::Task<absl::Status> Outbox::Reported(const Report& report) {
  std::vector<std::string> args = {report.queue_id, report.sequence, absl::StrCat(report.bytes)};
  co_return co_await RunFenced(scripts::kReported, std::move(args));
}

net::Task<absl::Status> Outbox::ReportLater(std::string queue_id, milliseconds delay) {
  std::vector<std::string> args = {std::move(queue_id), Ms(delay)};
  auto reply = co_await Run(scripts::kReportLater, std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<int64_t>> Outbox::SweepLate() {
  std::vector<std::string> args(1, kSweepAtOnce);
  co_return co_await RunForCount(scripts::kSweepLate, std::move(args));
}

net::Task<absl::StatusOr<QueuePage>> Outbox::List(size_t first, size_t count) {
  std::vector<std::string> args = {absl::StrCat(first), absl::StrCat(count)};
  auto reply = co_await Run(scripts::kList, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadPage(*reply);
}

net::Task<absl::StatusOr<QueuePage>> Outbox::Find(std::string queue_id) {
  std::vector<std::string> args(1, std::move(queue_id));
  auto reply = co_await Run(scripts::kList, std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return ReadPage(*reply);
}

net::Task<absl::StatusOr<int64_t>> Outbox::Retry(std::vector<std::string> queue_ids) {
  co_return co_await RunForCount(scripts::kRetry, std::move(queue_ids));
}

net::Task<absl::StatusOr<int64_t>> Outbox::ResumeAccount(std::string account_id) {
  std::vector<std::string> args(1, std::move(account_id));
  co_return co_await RunForCount(scripts::kResume, std::move(args));
}

net::Task<absl::StatusOr<std::vector<std::string>>> Outbox::PausedAccounts() {
  std::vector<std::string> args = {"HKEYS", absl::StrCat(kShard, ":paused")};
  auto reply = co_await redis_.Command(std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::vector<std::string> accounts;
  for (store::Reply& item : reply->items) accounts.push_back(std::move(item.text));
  co_return accounts;
}

net::Task<absl::Status> Outbox::Cancel(std::string queue_id, words::Wording reason) {
  std::vector<std::string> args = {queue_id, EncodeWording(reason)};
  auto reply = co_await Run(scripts::kCancel, std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->text == "OK") co_return absl::OkStatus();
  if (reply->text == "NONE") {
    co_return absl::NotFoundError(absl::StrCat("no mail ", queue_id, " is in the queue"));
  }
  co_return absl::FailedPreconditionError(
      reply->text == "sending" ? "the mail is being sent at this moment; try again soon"
                               : "the mail is settled already; its outcome is being reported");
}

// The following are about to come.
net::Task<absl::StatusOr<TakeResult>> Outbox::TakeMore(std::string, size_t) {
  co_return TakeResult();
}
net::Task<absl::Status> Outbox::SetGate(std::string, std::optional<milliseconds>) {
  co_return absl::UnimplementedError("outbox: SetGate");
}
net::Task<absl::StatusOr<std::vector<uint64_t>>> Outbox::CountWaiting(std::vector<std::string>) {
  co_return absl::UnimplementedError("outbox: CountWaiting");
}
net::Task<absl::StatusOr<std::vector<Filing>>> Outbox::TakeFilings(size_t) {
  co_return absl::UnimplementedError("outbox: TakeFilings");
}
net::Task<absl::Status> Outbox::Filed(std::string) {
  co_return absl::UnimplementedError("outbox: Filed");
}
net::Task<absl::Status> Outbox::FileLater(std::string, milliseconds) {
  co_return absl::UnimplementedError("outbox: FileLater");
}

}  // namespace postern::sender
