#include "services/fetcher/effects/filing_log.h"

#include <utility>

#include "services/fetcher/cursor_store.h"

namespace postern::fetcher {

namespace {

const store::Script& BeginScript() {
  static const store::Script script(R"lua(
    local now = tonumber(redis.call('TIME')[1])
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 172800)
    local known = {}
    for i = 1, #ARGV do
      if redis.call('ZADD', KEYS[1], 'NX', now, ARGV[i]) == 0 then
        known[#known + 1] = ARGV[i]
      end
    end
    redis.call('EXPIRE', KEYS[1], 172800)
    return known
  )lua");
  return script;
}

}  // namespace

net::Task<absl::StatusOr<absl::flat_hash_set<std::string>>> FilingLog::Begin(
    std::string account_id, std::vector<std::string> delivery_ids) {
  absl::flat_hash_set<std::string> known;
  if (redis_ == nullptr || delivery_ids.empty()) co_return known;
  std::vector<std::string> keys = {BegunKey(account_id)};
  auto reply = co_await redis_->Run(BeginScript(), std::move(keys), std::move(delivery_ids));
  if (!reply.ok()) co_return reply.status();
  for (const store::Reply& item : reply->items) known.insert(item.text);
  co_return known;
}

}  // namespace postern::fetcher
