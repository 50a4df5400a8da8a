#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::sender::mx {

// A policy as it was fetched.
struct StoredSts {
  std::string id;    // of the TXT record then
  std::string text;  // the file
};

// Policies of domains, until their max_age is over. In Redis: a domain that enforces TLS is not
// forgotten by a restart. At most 10,000; those that end first give way.
//
//   postern:outbox:sts:<domain>  "<id>\n<text>", with an expiry
//   postern:outbox:sts           a sorted set of the domains, by the second of their expiry
class StsStore {
 public:
  explicit StsStore(store::RedisClient& redis) : redis_(redis) {}

  // kUnavailable: Redis is away.
  net::Task<absl::StatusOr<std::optional<StoredSts>>> Find(std::string domain);
  net::Task<absl::Status> Keep(std::string domain, StoredSts policy, std::chrono::seconds max_age);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::sender::mx
