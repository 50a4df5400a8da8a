#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "lib/process/metrics.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::oauth2 {

// The access tokens (OAuth2, RFC 6749) by which accounts of a provider log in. admin makes
// them; here each is kept until shortly before its end, for one login follows another. In
// memory alone.
class AccessTokens {
 public:
  static constexpr size_t kMost = 20'000;        // kept; past that, each login asks
  static constexpr int64_t kLeastSeconds = 120;  // that a token has to hold when it is used
  static constexpr int64_t kJitterSeconds = 60;  // on top of that, another for each token

  struct Token {
    crypto::Secret text;
    int64_t expires_unix = 0;
  };
  // Asks admin for one that is not `refused`.
  using Source = std::function<net::Task<absl::StatusOr<Token>>(std::string account_id,
                                                                crypto::Secret refused)>;
  // `now` is Unix time, and for tests.
  AccessTokens(boost::asio::any_io_executor executor, Source source,
               std::function<int64_t()> now = nullptr);

  // Who asks while somebody else does gets the same answer. kUnauthenticated, with a wording:
  // consent is missing, or gone. kUnavailable, with a wording: not now.
  net::Task<absl::StatusOr<crypto::Secret>> Of(std::string account_id);

  // A mail server did not take it. True: another one is worth a try at once. False: that was
  // tried already, and the owner has to be asked.
  bool Refused(const std::string& account_id, const crypto::Secret& token);
  // It did.
  void Accepted(const std::string& account_id);
  // The account has other settings, or is gone.
  void Forget(const std::string& account_id);
  size_t size() const { return kept_.size(); }

 private:
  struct Kept {
    Token token;
    int64_t good_until = 0;
    crypto::Secret refused;    // by the mail server; not to be had again
    bool was_refused = false;  // and nothing was accepted since
  };
  struct Flight {
    explicit Flight(boost::asio::any_io_executor executor) : landed(executor) {}
    net::Event landed;
    std::optional<absl::StatusOr<crypto::Secret>> answer;
  };
  std::shared_ptr<Flight> Ask(const std::string& account_id);
  net::Task<void> Fly(std::string account_id, std::shared_ptr<Flight> flight);
  void Keep(const std::string& account_id, const Token& token);

  const boost::asio::any_io_executor executor_;
  const Source source_;
  const std::function<int64_t()> now_;
  absl::flat_hash_map<std::string, Kept> kept_;  // by account
  absl::flat_hash_map<std::string, std::shared_ptr<Flight>> flights_;
  net::TaskGroup tasks_;  // last: its tasks use the rest
};

// By admin's GetAccessToken. `asked` counts how often.
AccessTokens::Source AskAdmin(admin::v1::AdminService::StubInterface& admin,
                              prometheus::Counter& asked);

}  // namespace postern::oauth2
