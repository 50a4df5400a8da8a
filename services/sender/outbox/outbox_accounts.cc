// What concerns all the mail of an account.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/outbox/outbox_codec.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender {
namespace {

namespace scripts = outbox_scripts;
using scripts::kShard;

constexpr char kResumeAtOnce[] = "250";
constexpr size_t kAccountsAtOnce = 500;

}  // namespace

net::Task<absl::Status> Outbox::Suspend(std::string account_id, milliseconds pause,
                                        words::Wording why, std::optional<Lease> lease) {
  std::vector<std::string> args = {std::move(account_id), Ms(pause), EncodeWording(why)};
  if (lease) {
    args.push_back(lease->queue_id);
    args.push_back(lease->token);
  }
  co_return co_await RunFenced(scripts::kSuspend, std::move(args));
}

net::Task<absl::StatusOr<int64_t>> Outbox::ResumeAccount(std::string account_id) {
  std::string passed = "0", first = "1";
  for (;;) {
    std::vector<std::string> args = {account_id, passed, kResumeAtOnce, first};
    auto reply = co_await Run(scripts::kResume, std::move(args));
    if (!reply.ok()) co_return reply.status();
    if (reply->items.size() != 3) co_return absl::DataLossError("outbox: an account is unclear");
    if (reply->items[2].integer == 0) co_return reply->items[0].integer;
    passed = absl::StrCat(reply->items[1].integer);
    first = "0";
  }
}

net::Task<absl::StatusOr<std::vector<std::string>>> Outbox::PausedAccounts() {
  std::vector<std::string> args = {"SMEMBERS", absl::StrCat(kShard, ":paused")};
  auto reply = co_await redis_.Command(std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::vector<std::string> accounts;
  for (store::Reply& item : reply->items) accounts.push_back(std::move(item.text));
  co_return accounts;
}

net::Task<absl::Status> Outbox::SetGate(std::string account_id,
                                        std::optional<milliseconds> for_so_long) {
  std::vector<std::string> args(1, std::move(account_id));
  if (for_so_long) args.push_back(Ms(*for_so_long));
  auto reply = co_await Run(scripts::kGate, std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<std::vector<uint64_t>>> Outbox::CountWaiting(
    std::vector<std::string> accounts) {
  std::vector<uint64_t> counts;
  for (size_t first = 0; first < accounts.size(); first += kAccountsAtOnce) {
    const auto begin = accounts.begin() + first;
    Args args(begin, begin + std::min(kAccountsAtOnce, accounts.size() - first));
    auto reply = co_await Run(scripts::kCount, std::move(args));
    if (!reply.ok()) co_return reply.status();
    for (const store::Reply& item : reply->items) counts.push_back(item.integer);
  }
  if (counts.size() != accounts.size()) co_return absl::DataLossError("outbox: counts are missing");
  co_return counts;
}

}  // namespace postern::sender
