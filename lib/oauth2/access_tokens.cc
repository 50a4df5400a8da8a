#include "lib/oauth2/access_tokens.h"

#include <chrono>
#include <ctime>
#include <utility>

#include "absl/random/random.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"

namespace postern::oauth2 {

namespace {

// admin may have to ask the provider.
constexpr std::chrono::milliseconds kDeadline = std::chrono::seconds(20);

absl::Status ConsentMissing() {
  return words::Error(
      absl::StatusCode::kUnauthenticated,
      words::Word("this gateway has no access to the mailbox any more; sign in at its provider "
                  "again"));
}

absl::Status NotNow() {
  return words::Error(absl::StatusCode::kUnavailable,
                      words::Word("the provider of the mailbox gives no access just now"));
}

// admin may have put it in words already.
absl::Status Meaning(const std::string& account_id, const absl::Status& status) {
  log::Info("no access token",
            {{"account", account_id},
             {"error", status.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  const bool person = absl::IsUnauthenticated(status) || absl::IsFailedPrecondition(status) ||
                      absl::IsNotFound(status);
  const absl::StatusCode code =
      person ? absl::StatusCode::kUnauthenticated : absl::StatusCode::kUnavailable;
  if (const auto wording = words::WordingOf(status)) return words::Error(code, *wording);
  return person ? ConsentMissing() : NotNow();
}

net::Task<absl::StatusOr<AccessTokens::Token>> AskOnce(
    admin::v1::AdminService::StubInterface& admin, std::string account_id, crypto::Secret refused) {
  admin::v1::GetAccessTokenRequest request;
  request.set_account_id(account_id);
  request.set_refused_token(refused.Reveal());
  auto answer = co_await rpc::Call(
      admin.async(), &admin::v1::AdminService::StubInterface::async_interface::GetAccessToken,
      std::move(request), kDeadline);
  if (!answer.ok()) co_return answer.status();
  AccessTokens::Token token;
  token.text = crypto::Secret(answer->token());
  token.expires_unix = answer->expires_unix();
  crypto::Wipe(*answer->mutable_token());
  if (token.text.empty()) co_return absl::InternalError("admin answers with an empty token");
  co_return token;
}

}  // namespace

AccessTokens::Source AskAdmin(admin::v1::AdminService::StubInterface& admin,
                              prometheus::Counter& asked) {
  return [&admin, &asked](std::string account_id, crypto::Secret refused) {
    asked.Increment();
    return AskOnce(admin, std::move(account_id), std::move(refused));
  };
}

AccessTokens::AccessTokens(boost::asio::any_io_executor executor, Source source,
                           std::function<int64_t()> now)
    : executor_(executor),
      source_(std::move(source)),
      now_(now ? std::move(now) : [] { return static_cast<int64_t>(std::time(nullptr)); }),
      tasks_(executor) {}

net::Task<absl::StatusOr<crypto::Secret>> AccessTokens::Of(std::string account_id) {
  const auto found = kept_.find(account_id);
  if (found != kept_.end() && now_() < found->second.good_until) {
    co_return found->second.token.text;
  }
  const std::shared_ptr<Flight> flight = Ask(account_id);
  while (!flight->answer) co_await flight->landed.Wait();
  co_return *flight->answer;
}

std::shared_ptr<AccessTokens::Flight> AccessTokens::Ask(const std::string& account_id) {
  std::shared_ptr<Flight>& flight = flights_[account_id];
  if (flight) return flight;
  flight = std::make_shared<Flight>(executor_);
  const std::shared_ptr<Flight> begun = flight;
  // By itself: one who asks may go away, and the others still wait.
  tasks_.Spawn("access token", Fly(account_id, begun));
  return begun;
}

net::Task<void> AccessTokens::Fly(std::string account_id, std::shared_ptr<Flight> flight) {
  crypto::Secret refused;
  const auto found = kept_.find(account_id);
  if (found != kept_.end()) refused = found->second.refused;
  auto token = co_await source_(account_id, std::move(refused));
  // Unless the account has changed in the meantime.
  const auto mine = flights_.find(account_id);
  const bool current = mine != flights_.end() && mine->second == flight;
  if (current) flights_.erase(mine);
  if (token.ok()) {
    if (current) Keep(account_id, *token);
    flight->answer = token->text;
  } else {
    flight->answer = Meaning(account_id, token.status());
  }
  flight->landed.Notify();
}

void AccessTokens::Keep(const std::string& account_id, const Token& token) {
  if (kept_.size() >= kMost && !kept_.contains(account_id)) {
    const int64_t now = now_();
    absl::erase_if(kept_, [now](const auto& item) {
      return item.second.good_until <= now && !item.second.was_refused;
    });
    if (kept_.size() >= kMost) return;
  }
  // One generator for all: it is large.
  static absl::BitGen random;
  Kept& kept = kept_[account_id];
  kept.token = token;
  kept.good_until =
      token.expires_unix - kLeastSeconds - absl::Uniform<int64_t>(random, 0, kJitterSeconds);
}

bool AccessTokens::Refused(const std::string& account_id, const crypto::Secret& token) {
  Kept& kept = kept_[account_id];
  // Somebody else has a newer one already.
  const bool another = !kept.token.text.empty() && kept.token.text.Reveal() != token.Reveal();
  if (!another) kept.good_until = 0;
  kept.refused = token;
  return !std::exchange(kept.was_refused, true);
}

void AccessTokens::Accepted(const std::string& account_id) {
  const auto found = kept_.find(account_id);
  if (found == kept_.end()) return;
  found->second.refused = crypto::Secret();
  found->second.was_refused = false;
}

void AccessTokens::Forget(const std::string& account_id) {
  kept_.erase(account_id);
  flights_.erase(account_id);
}

}  // namespace postern::oauth2
