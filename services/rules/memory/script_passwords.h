#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/scram_verifier.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::rules {

// The passwords by which users' mail programs log in to edit scripts (ManageSieve, RFC 5804):
// ours, made at random, good for nothing else. Redis has what SCRAM-SHA-256 needs to check one.
// Users are bare JIDs in lower case.
class ScriptPasswords {
 public:
  explicit ScriptPasswords(store::RedisClient& redis) : redis_(redis) {}

  // A new one, 20 characters in groups of five ("abcde-fghij-…"); the one before is void.
  net::Task<absl::StatusOr<crypto::Secret>> Create(std::string user);
  // Harmless when there is none.
  net::Task<absl::Status> Revoke(std::string user);

  // Nothing: the user has none. For SCRAM.
  net::Task<absl::StatusOr<std::optional<crypto::ScramVerifier>>> Find(std::string user);
  // For PLAIN: false for a wrong one, and for a user without any. Takes some milliseconds of
  // computing; who calls limits how often somebody may try.
  net::Task<absl::StatusOr<bool>> Check(std::string user, crypto::Secret password);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::rules
