#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/admin/oauth2/consent_records.h"
#include "services/admin/oauth2/consent_store.h"
#include "services/admin/oauth2/provider_caller.h"

namespace postern::admin {

using ProviderCallers = std::map<std::string, std::unique_ptr<ProviderCaller>>;

struct AccessToken {
  crypto::Secret token;
  int64_t expires_unix = 0;
};

// The access tokens of accounts, in memory alone: refreshed five minutes before they expire
// (with jitter; of short-lived ones a quarter of their life), one request for all who ask at
// once. A refresh token that comes with one is stored before the access token is given out.
class AccessTokens {
 public:
  using Clock = ProviderCaller::Clock;
  // An access token that is refused so soon after it was given is no token's fault.
  static constexpr std::chrono::seconds kNewFor{60};

  struct Parts {
    boost::asio::any_io_executor executor;
    ConsentStore& store;
    ConsentRecords& records;
    const ProviderCallers& callers;
    const crypto::SecretBox& box;
    std::function<Clock::time_point()> now;
  };
  explicit AccessTokens(Parts parts);

  // The contract is that of GetAccessToken in admin.proto.
  net::Task<absl::StatusOr<AccessToken>> Get(std::string account_id, crypto::Secret refused);
  // The one that came along with consent.
  void Remember(const std::string& account_id, const std::string& sealed, TokenAnswer answer);
  net::Task<void> Stop() { return tasks_.Stop(); }

 private:
  // A refresh under way, and who waits for it.
  struct Flight {
    explicit Flight(boost::asio::any_io_executor executor) : ended(executor) {}
    net::Event ended;
    bool over = false;
    absl::Status status;
  };
  struct Entry {
    crypto::Secret token;
    std::string source;  // the sealed refresh token that it belongs to
    Clock::time_point given, refresh, expires;
    Clock::time_point not_before;  // of the next request
    std::shared_ptr<Flight> flight;
    // A rotated refresh token that Redis has not taken yet.
    std::string unstored_before, unstored;

    bool Holds(Clock::time_point now) const { return !token.empty() && now < expires; }
  };

  absl::StatusOr<AccessToken> Answer(const Entry& entry, const crypto::Secret& refused) const;
  net::Task<void> Refresh(std::string account_id, std::shared_ptr<Flight> flight);
  // Alone among all admins.
  net::Task<absl::Status> RefreshAlone(std::string account_id);
  net::Task<absl::Status> RefreshNow(std::string account_id);
  net::Task<absl::Status> Take(v1::Account account, TokenAnswer answer, bool same_token);
  net::Task<absl::Status> StoreRotated(std::string account_id);
  net::Task<absl::Status> Lose(v1::Account account, std::string why);
  void Sweep();

  Parts parts_;
  absl::flat_hash_map<std::string, Entry> entries_;
  size_t sweep_at_ = 1024;
  net::TaskGroup tasks_;
};

}  // namespace postern::admin
