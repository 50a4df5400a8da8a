#include "services/sender/outbox/durability.h"

#include <chrono>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"

namespace postern::sender {
namespace {

using Settings = absl::flat_hash_map<std::string, std::string>;

constexpr std::chrono::seconds kRedisPause{1};
constexpr const char* kPatterns[] = {"append*", "maxmemory*"};

// Empty: Redis does not tell.
net::Task<Settings> ReadSettings(store::RedisClient& redis) {
  Settings settings;
  for (const char* pattern : kPatterns) {
    absl::StatusOr<store::Reply> reply = absl::UnavailableError("not asked yet");
    for (bool asked = false; absl::IsUnavailable(reply.status()); asked = true) {
      if (asked) co_await net::Sleep(kRedisPause);
      std::vector<std::string> args = {"CONFIG", "GET", pattern};
      reply = co_await redis.Command(std::move(args));
    }
    if (!reply.ok()) co_return Settings();
    for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
      settings[reply->items[i].text] = reply->items[i + 1].text;
    }
  }
  co_return settings;
}

}  // namespace

net::Task<void> CheckDurability(store::RedisClient& redis) {
  Settings settings = co_await ReadSettings(redis);
  if (settings.empty()) co_return;
  if (settings["appendonly"] != "yes" || settings["appendfsync"] != "always") {
    log::Warn(
        "Redis may lose accepted mail when it is killed; set appendonly yes and appendfsync always",
        {{"appendonly", settings["appendonly"]}, {"appendfsync", settings["appendfsync"]}});
  }
  if (settings["maxmemory"] != "0" && settings["maxmemory-policy"] != "noeviction") {
    log::Warn("Redis drops accepted mail when its memory is full; set maxmemory-policy noeviction",
              {{"maxmemory-policy", settings["maxmemory-policy"]}});
  }
}

}  // namespace postern::sender
