#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::admin {

// An account that waits for its owner's consent.
struct ConsentLink {
  std::string link;  // the random part of its URL
  std::string account_id, provider;
  int64_t expires_unix = 0;
};

// A browser that was sent to the provider.
struct ConsentState {
  std::string link, account_id, provider;
  std::string verifier;      // PKCE
  std::string browser_hash;  // SHA-256 of the browser's cookie
};

// A code that is to be typed at the provider (RFC 8628).
struct DeviceConsent {
  std::string account_id, provider;
  std::string sealed_code;  // the device code, by SecretBox, bound to the account
  std::string user_code, url;
  int64_t expires_unix = 0;
  int64_t interval_s = 5;
};

// What is under way towards consent, in Redis, so that it survives a restart and any admin can
// go on with it. All keys expire:
//
//   postern:consent:{consent}:link:LINK     HASH    account, provider, tries; 24 h
//   postern:consent:{consent}:of:ACCOUNT    STRING  LINK; as long
//   postern:consent:{consent}:state:STATE   HASH    ConsentState; 15 min, taken once
//   postern:consent:{consent}:device:ACCOUNT HASH   DeviceConsent; as long as the provider says
//   postern:consent:{consent}:polls         ZSET    ACCOUNT by when it is polled next
//   postern:consent:{consent}:refresh:ACCOUNT STRING who refreshes its token just now; 60 s
class ConsentStore {
 public:
  static constexpr std::chrono::hours kLinkHolds{24};
  static constexpr std::chrono::minutes kStateHolds{15};
  // How often a link may send a browser to the provider: states stay few.
  static constexpr int kMostTries = 20;

  explicit ConsentStore(store::RedisClient& redis) : redis_(redis) {}

  // The account's link: the one it has when that holds for ten minutes yet, else a new one.
  net::Task<absl::StatusOr<ConsentLink>> LinkOf(std::string account_id, std::string provider);
  // kNotFound.
  net::Task<absl::StatusOr<ConsentLink>> FindLink(std::string link);
  // Ends an account's link and code: consent is given, or wanted no more.
  net::Task<absl::Status> End(std::string account_id);

  // kResourceExhausted when the link was tried too often, kNotFound when it is gone.
  net::Task<absl::Status> PutState(std::string state, ConsentState value);
  // kNotFound: there is none, or it was taken before.
  net::Task<absl::StatusOr<ConsentState>> TakeState(std::string state);

  net::Task<absl::Status> PutDevice(DeviceConsent device);
  // kNotFound.
  net::Task<absl::StatusOr<DeviceConsent>> FindDevice(std::string account_id);
  net::Task<absl::Status> RemoveDevice(std::string account_id);
  // An account that is to be polled by now, put off for a minute so that nobody else does too.
  net::Task<absl::StatusOr<std::optional<std::string>>> TakePoll(int64_t now_unix);
  net::Task<absl::Status> PollAgain(std::string account_id, int64_t at_unix);

  // One admin refreshes an account's token at a time: of two uses of a refresh token, a provider
  // that rotates them takes the second for a theft.
  net::Task<absl::StatusOr<bool>> BeginRefresh(std::string account_id, std::string who);
  net::Task<absl::Status> EndRefresh(std::string account_id, std::string who);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::admin
