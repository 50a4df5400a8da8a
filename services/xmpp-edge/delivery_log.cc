#include "services/xmpp-edge/delivery_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace postern::xmpp_edge {

namespace {

constexpr char kTtlSeconds[] = "2592000";  // 30 days

const store::Script& RecordScript() {
  static const store::Script script(
      "redis.call('DEL', KEYS[1]) "
      "for i = 2, #KEYS do redis.call('SET', KEYS[i], '1', 'EX', ARGV[1]) end return 1");
  return script;
}

std::string DigestKey(const std::string& account_id) {
  return absl::StrCat("postern:delivery:{", account_id, "}:digest");
}

std::vector<std::string> Keys(const std::string& account_id,
                              const std::vector<std::string>& delivery_ids) {
  std::vector<std::string> keys;
  for (const std::string& id : delivery_ids) {
    keys.push_back(absl::StrCat("postern:delivery:{", account_id, "}:", id));
  }
  return keys;
}

}  // namespace

DeliveryLog::DeliveryLog(store::RedisClient& redis) : redis_(redis) {}

net::Task<absl::StatusOr<std::vector<bool>>> DeliveryLog::Known(
    std::string account_id, std::vector<std::string> delivery_ids) {
  std::vector<std::string> command = Keys(account_id, delivery_ids);
  command.insert(command.begin(), "MGET");
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  std::vector<bool> known;
  for (const store::Reply& item : found->items) known.push_back(!item.IsNil());
  if (known.size() != delivery_ids.size()) {
    co_return absl::InternalError("delivery log: redis answered for other keys than asked");
  }
  co_return known;
}

net::Task<absl::Status> DeliveryLog::Record(std::string account_id,
                                            std::vector<std::string> delivery_ids) {
  std::vector<std::string> args = {kTtlSeconds};
  std::vector<std::string> keys = Keys(account_id, delivery_ids);
  keys.insert(keys.begin(), DigestKey(account_id));
  auto done = co_await redis_.Run(RecordScript(), std::move(keys), std::move(args));
  co_return done.status();
}

net::Task<absl::Status> DeliveryLog::BeginDigest(std::string account_id,
                                                 std::vector<std::string> delivery_ids) {
  std::vector<std::string> command = {"SET", DigestKey(account_id),
                                      absl::StrJoin(delivery_ids, "\n"), "EX", kTtlSeconds};
  auto done = co_await redis_.Command(std::move(command));
  co_return done.status();
}

net::Task<absl::StatusOr<std::vector<std::string>>> DeliveryLog::BegunDigest(
    std::string account_id) {
  std::vector<std::string> command = {"GET", DigestKey(account_id)};
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  std::vector<std::string> ids;
  if (!found->IsNil()) ids = absl::StrSplit(found->text, '\n');
  co_return ids;
}

}  // namespace postern::xmpp_edge
