#pragma once

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

  // What a login is checked by. For a user without a password: one that no password fits, and
  // that looks like any other, always the same for that user: nobody finds out who has one.
  // crypto::IsPassword takes some milliseconds; who calls limits how often somebody may try.
  net::Task<absl::StatusOr<crypto::ScramVerifier>> VerifierOf(std::string user);

 private:
  net::Task<absl::StatusOr<crypto::ScramVerifier>> Decoy(std::string user);

  store::RedisClient& redis_;
  std::string decoy_key_;  // as it is in Redis, once it was needed
};

}  // namespace postern::rules
