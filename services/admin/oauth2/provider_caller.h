#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>

#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/admin/oauth2/token_words.h"

namespace postern::admin {

// Asks one provider's endpoints, for all of its accounts: 16 at once, the others in turn, at
// most 20,000. While the provider is in trouble, or does not take us, nobody asks: after 1 s,
// doubling to 60 s (with jitter), one question finds out whether it is over.
class ProviderCaller {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostAtOnce = 16, kMostWaiting = 20'000;

  // `poster` and `provider` outlive it; `now` is for tests.
  ProviderCaller(boost::asio::any_io_executor executor, HttpPoster& poster,
                 const OAuth2Provider& provider, std::function<Clock::time_point()> now);

  const OAuth2Provider& provider() const { return provider_; }
  net::Task<TokenAnswer> AskToken(HttpPost post);
  net::Task<DeviceAnswer> AskDevice();

 private:
  // False: not now.
  net::Task<bool> Enter();
  void Leave(bool well);
  bool MayAsk();
  net::Task<absl::StatusOr<HttpAnswer>> Ask(HttpPost post);

  boost::asio::any_io_executor executor_;
  HttpPoster& poster_;
  const OAuth2Provider& provider_;
  std::function<Clock::time_point()> now_;
  size_t asking_ = 0;
  std::deque<net::Event*> waiting_;  // each stands in the frame of who waits
  int failures_ = 0;                 // in a row
  bool probing_ = false;
  Clock::time_point quiet_until_;
  std::string trouble_;
};

}  // namespace postern::admin
