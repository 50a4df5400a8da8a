#include "services/sender/mx/sts_store.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postern::sender::mx {
namespace {

constexpr char kIndex[] = "postern:outbox:sts", kPrefix[] = "postern:outbox:sts:";
constexpr size_t kMostPolicies = 10'000;

// KEYS: index, policy. ARGV: domain, value, seconds, prefix, most.
const store::Script kKeep(R"(
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local over = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[5])
if over > 0 then
  local gone = redis.call('ZPOPMIN', KEYS[1], over)
  for i = 1, #gone, 2 do redis.call('DEL', ARGV[4] .. gone[i]) end
end
return 1
)");

}  // namespace

net::Task<absl::StatusOr<std::optional<StoredSts>>> StsStore::Find(std::string domain) {
  std::vector<std::string> args = {"GET", absl::StrCat(kPrefix, domain)};
  auto reply = co_await redis_.Command(std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::optional<StoredSts> found;
  const size_t end = reply->text.find('\n');
  if (reply->IsNil() || end == std::string::npos) co_return found;
  found.emplace();
  found->id = reply->text.substr(0, end);
  found->text = reply->text.substr(end + 1);
  co_return found;
}

net::Task<absl::Status> StsStore::Keep(std::string domain, StoredSts policy,
                                       std::chrono::seconds max_age) {
  std::vector<std::string> keys = {kIndex, absl::StrCat(kPrefix, domain)};
  std::vector<std::string> args = {domain, absl::StrCat(policy.id, "\n", policy.text),
                                   absl::StrCat(max_age.count()), kPrefix,
                                   absl::StrCat(kMostPolicies)};
  auto reply = co_await redis_.Run(kKeep, std::move(keys), std::move(args));
  co_return reply.status();
}

}  // namespace postern::sender::mx
