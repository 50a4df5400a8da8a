#include "services/admin/oauth2/provider_caller.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::admin {
namespace {

auto& requests = metrics::Counter("postern_admin_oauth2_requests_total",
                                  "requests to the endpoints of OAuth2 providers");
auto& failures = metrics::Counter("postern_admin_oauth2_failures_total",
                                  "requests to OAuth2 providers that got no answer of use");

using std::chrono::milliseconds;
constexpr milliseconds kFirstPause(1'000), kLongestPause(60'000);

// A quarter more or less, so that several admins don't ask together.
milliseconds WithJitter(milliseconds pause) {
  const auto random = static_cast<unsigned char>(crypto::RandomBytes(1).front());
  return pause * 3 / 4 + pause * random / 512;
}

bool SaysTrouble(TokenAnswer::Kind kind) {
  return kind == TokenAnswer::Kind::kNotNow || kind == TokenAnswer::Kind::kWrongClient;
}

}  // namespace

ProviderCaller::ProviderCaller(boost::asio::any_io_executor executor, HttpPoster& poster,
                               const OAuth2Provider& provider,
                               std::function<Clock::time_point()> now)
    : executor_(executor), poster_(poster), provider_(provider), now_(std::move(now)) {}

bool ProviderCaller::MayAsk() {
  if (failures_ == 0) return true;
  if (probing_ || now_() < quiet_until_) return false;
  probing_ = true;
  return true;
}

net::Task<bool> ProviderCaller::Enter() {
  if (!MayAsk()) co_return false;
  if (asking_ < kMostAtOnce) {
    ++asking_;
    co_return true;
  }
  if (waiting_.size() >= kMostWaiting) co_return false;
  net::Event turn(executor_);
  waiting_.push_back(&turn);
  absl::Cleanup leave = [&] {
    const auto mine = std::find(waiting_.begin(), waiting_.end(), &turn);
    if (mine != waiting_.end()) waiting_.erase(mine);
  };
  co_await turn.Wait();
  // Who was before may have met trouble.
  if (!MayAsk()) co_return false;
  ++asking_;
  co_return true;
}

void ProviderCaller::Leave(bool well) {
  --asking_;
  probing_ = false;
  requests.Increment();
  if (well) {
    if (failures_ > 0) log::Info("OAuth2 provider answers again", {{"provider", provider_.name}});
    failures_ = 0;
  } else {
    failures.Increment();
    // Those that were under way together are one failure.
    if (now_() >= quiet_until_) {
      const milliseconds pause =
          std::min(kFirstPause * (1 << std::min(failures_, 6)), kLongestPause);
      quiet_until_ = now_() + WithJitter(pause);
      ++failures_;
    }
  }
  // In trouble nobody is to wait for long: all of them learn of it.
  do {
    if (waiting_.empty()) return;
    waiting_.front()->Notify();
    waiting_.pop_front();
  } while (failures_ > 0);
}

net::Task<absl::StatusOr<HttpAnswer>> ProviderCaller::Ask(HttpPost post) {
  const bool entered = co_await Enter();
  if (!entered) co_return absl::UnavailableError(trouble_.empty() ? "too many wait" : trouble_);
  auto answer = co_await poster_.Post(std::move(post));
  if (answer.ok()) co_return answer;
  trouble_ = std::string(answer.status().message());
  log::Warn("OAuth2 provider not reached", {{"provider", provider_.name}, {"why", trouble_}});
  Leave(false);
  co_return answer;
}

net::Task<TokenAnswer> ProviderCaller::AskToken(HttpPost post) {
  const crypto::PasswordMask mask = MaskFor(post);
  auto http = co_await Ask(std::move(post));
  TokenAnswer answer;
  if (!http.ok()) {
    answer.why = std::string(http.status().message());
    co_return answer;
  }
  answer = ReadTokenAnswer(*std::move(http), mask);
  const bool trouble = SaysTrouble(answer.kind);
  if (trouble) {
    trouble_ = answer.why;
    const bool wrong = answer.kind == TokenAnswer::Kind::kWrongClient;
    log::Error(wrong ? "OAuth2 provider does not take this client; see --oauth2-file"
                     : "OAuth2 provider in trouble",
               {{"provider", provider_.name}, {"why", answer.why}});
  }
  Leave(!trouble);
  co_return answer;
}

net::Task<DeviceAnswer> ProviderCaller::AskDevice() {
  HttpPost post = DevicePost(provider_);
  const crypto::PasswordMask mask = MaskFor(post);
  auto http = co_await Ask(std::move(post));
  DeviceAnswer answer;
  if (!http.ok()) {
    answer.why = std::string(http.status().message());
    co_return answer;
  }
  answer = ReadDeviceAnswer(*std::move(http), mask);
  // A tenant may forbid codes: that says nothing of its tokens.
  Leave(true);
  co_return answer;
}

}  // namespace postern::admin
