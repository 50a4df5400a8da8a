#include "services/sender/outbox/carry_over.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/sender/delivery/retry_policy.h"
#include "services/sender/outbox/outbox_codec.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender {
namespace {

constexpr int64_t kAtOnce = 50;

}  // namespace

net::Task<absl::StatusOr<int64_t>> CarryOver(store::RedisClient& redis) {
  for (int64_t moved = 0;;) {
    std::vector<std::string> keys(1, outbox_scripts::kShard);
    std::vector<std::string> args = {absl::StrCat(kAtOnce), absl::StrCat(kInlineBytes),
                                     Ms(kQueueLifetime)};
    auto reply = co_await redis.Run(outbox_scripts::kCarryOver, std::move(keys), std::move(args));
    if (!reply.ok()) co_return reply.status();
    moved += reply->integer;
    if (reply->integer == kAtOnce) continue;
    if (moved > 0) log::Info("the queue of an older Postern is carried over", {{"mails", moved}});
    co_return moved;
  }
}

}  // namespace postern::sender
