#include "services/admin/oauth2/access_tokens.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/admin/oauth2/consent_edit.h"

namespace postern::admin {
namespace {

using std::chrono::seconds;

constexpr seconds kLead(300), kMostJitter(60);
constexpr seconds kLeastLeft(120);  // of a token that is given out though its refresh failed
constexpr seconds kNonsensePause(60);
constexpr std::chrono::milliseconds kLockPause(250);
constexpr int kLockAttempts = 100;

absl::Status NoConsent(const OAuth2Provider& provider) {
  return absl::UnauthenticatedError(
      absl::StrCat("the owner has given no consent at ", provider.label));
}

absl::Status NotNow(absl::string_view label) {
  return absl::UnavailableError(absl::StrCat(label, " gives no access just now"));
}

}  // namespace

AccessTokens::AccessTokens(Parts parts) : parts_(std::move(parts)), tasks_(parts_.executor) {}

void AccessTokens::Remember(const std::string& account_id, const std::string& sealed,
                            TokenAnswer answer) {
  Sweep();
  Entry& entry = entries_[account_id];
  const seconds jitter(static_cast<unsigned char>(crypto::RandomBytes(1).front()) *
                       kMostJitter.count() / 256);
  entry.token = std::move(answer.access_token);
  entry.source = sealed;
  entry.given = parts_.now();
  entry.expires = entry.given + answer.lifetime;
  entry.refresh = entry.expires - std::min<seconds>(kLead + jitter, answer.lifetime / 4);
  entry.not_before = Clock::time_point();
}

absl::StatusOr<AccessToken> AccessTokens::Answer(const Entry& entry,
                                                 const crypto::Secret& refused) const {
  if (!entry.Holds(parts_.now()) || entry.token.Reveal() == refused.Reveal()) {
    return absl::UnavailableError("the mail server does not take a token that is new");
  }
  const auto left = std::chrono::duration_cast<seconds>(entry.expires - parts_.now());
  return AccessToken{entry.token, std::time(nullptr) + left.count()};
}

net::Task<absl::StatusOr<AccessToken>> AccessTokens::Get(std::string account_id,
                                                         crypto::Secret refused) {
  auto account = co_await parts_.records.Read(account_id);
  if (!account.ok()) co_return account.status();
  const std::string& name = account->oauth2_provider();
  if (name.empty()) {
    co_return absl::FailedPreconditionError("the account is not one of an OAuth2 provider");
  }
  const auto caller = parts_.callers.find(name);
  if (caller == parts_.callers.end()) {
    log::Error("account of an OAuth2 provider that --oauth2-file does not name",
               {{"account", account_id}, {"provider", name}});
    co_return NotNow(name);
  }
  const OAuth2Provider& provider = caller->second->provider();
  if (account->sealed_password().empty()) {
    entries_.erase(account_id);
    co_return NoConsent(provider);
  }
  Sweep();
  const auto now = parts_.now();
  const Entry& known = entries_[account_id];
  const bool current = known.source == account->sealed_password() && known.Holds(now);
  const bool is_refused = current && known.token.Reveal() == refused.Reveal();
  if (current && !is_refused && now < known.refresh) co_return Answer(known, refused);
  if (is_refused && now - known.given < kNewFor) co_return Answer(known, refused);
  std::shared_ptr<Flight> flight = known.flight;
  if (flight == nullptr) {
    flight = std::make_shared<Flight>(parts_.executor);
    entries_[account_id].flight = flight;
    tasks_.Spawn("refresh access token", Refresh(account_id, flight));
  }
  while (!flight->over) co_await flight->ended.Wait();
  const Entry& after = entries_[account_id];
  if (flight->status.ok()) co_return Answer(after, refused);
  // Trouble of the provider is none of the account while its token holds.
  const bool holds = after.source == account->sealed_password() &&
                     after.Holds(parts_.now() + kLeastLeft) &&
                     after.token.Reveal() != refused.Reveal();
  if (absl::IsUnavailable(flight->status) && holds) co_return Answer(after, refused);
  co_return flight->status;
}

net::Task<void> AccessTokens::Refresh(std::string account_id, std::shared_ptr<Flight> flight) {
  flight->status = co_await RefreshAlone(account_id);
  flight->over = true;
  entries_[account_id].flight.reset();
  flight->ended.Notify();
}

net::Task<absl::Status> AccessTokens::RefreshAlone(std::string account_id) {
  const std::string who = crypto::RandomId();
  bool alone = false;
  for (int i = 0; i < kLockAttempts && !alone; ++i) {
    auto begun = co_await parts_.store.BeginRefresh(account_id, who);
    if (!begun.ok()) co_return begun.status();
    alone = *begun;
    if (!alone) co_await net::Sleep(kLockPause);
  }
  if (!alone) co_return absl::UnavailableError("another admin is refreshing the token");
  absl::Status refreshed = co_await RefreshNow(account_id);
  // When Redis is away the lock goes by itself.
  (void)co_await parts_.store.EndRefresh(std::move(account_id), who);
  co_return refreshed;
}

net::Task<absl::Status> AccessTokens::RefreshNow(std::string account_id) {
  if (!entries_[account_id].unstored.empty()) {
    absl::Status stored = co_await StoreRotated(account_id);
    if (!stored.ok()) co_return stored;
  }
  auto account = co_await parts_.records.Read(account_id);
  if (!account.ok()) co_return account.status();
  const auto caller = parts_.callers.find(account->oauth2_provider());
  if (caller == parts_.callers.end()) co_return NotNow(account->oauth2_provider());
  const OAuth2Provider& provider = caller->second->provider();
  if (account->sealed_password().empty()) co_return NoConsent(provider);
  if (parts_.now() < entries_[account_id].not_before) co_return NotNow(provider.label);
  auto refresh_token = parts_.box.Open(account->sealed_password(), account_id);
  if (!refresh_token.ok()) {
    log::Error("refresh token can't be opened",
               {{"account", account_id}, {"why", refresh_token.status().message()}});
    co_return NotNow(provider.label);
  }
  HttpPost post = RefreshPost(provider, *refresh_token);
  TokenAnswer answer = co_await caller->second->AskToken(std::move(post));
  switch (answer.kind) {
    case TokenAnswer::Kind::kGranted: {
      const bool same =
          answer.refresh_token.empty() || answer.refresh_token.Reveal() == refresh_token->Reveal();
      co_return co_await Take(*std::move(account), std::move(answer), same);
    }
    case TokenAnswer::Kind::kRefused:
      co_return co_await Lose(*std::move(account), std::move(answer.why));
    case TokenAnswer::Kind::kNonsense:
      entries_[account_id].not_before = parts_.now() + kNonsensePause;
      log::Error("OAuth2 provider refuses to refresh, and says no reason that is known",
                 {{"account", account_id}, {"why", answer.why}});
      co_return NotNow(provider.label);
    default:
      co_return NotNow(provider.label);
  }
}

net::Task<absl::Status> AccessTokens::Take(v1::Account account, TokenAnswer answer,
                                           bool same_token) {
  const std::string id = account.id();
  if (same_token) {
    Remember(id, account.sealed_password(), std::move(answer));
    co_return absl::OkStatus();
  }
  Entry& entry = entries_[id];
  entry.unstored_before = account.sealed_password();
  entry.unstored = parts_.box.Seal(answer.refresh_token, id);
  const std::string sealed = entry.unstored;
  absl::Status stored = co_await StoreRotated(id);
  if (!stored.ok()) co_return stored;
  Remember(id, sealed, std::move(answer));
  co_return absl::OkStatus();
}

net::Task<absl::Status> AccessTokens::StoreRotated(std::string account_id) {
  const std::string before = entries_[account_id].unstored_before;
  const std::string after = entries_[account_id].unstored;
  ConsentRecords::Plan plan = [&](const OwnerAccounts& owner) {
    return PlanRotation(owner, account_id, before, after);
  };
  absl::Status stored = co_await parts_.records.Write(account_id, std::move(plan));
  // kFailedPrecondition, kNotFound: the account has another token by now, or is gone.
  if (absl::IsUnavailable(stored)) {
    log::Warn("rotated refresh token not stored yet", {{"account", account_id}});
    co_return stored;
  }
  Entry& entry = entries_[account_id];
  entry.unstored_before.clear();
  entry.unstored.clear();
  if (stored.ok()) co_return stored;
  co_return absl::UnavailableError("the account was changed while its token was refreshed");
}

net::Task<absl::Status> AccessTokens::Lose(v1::Account account, std::string why) {
  log::Info("OAuth2 consent is gone",
            {{"account", account.id()}, {"provider", account.oauth2_provider()}, {"why", why}});
  ConsentRecords::Plan plan = [&](const OwnerAccounts& owner) {
    return PlanLoss(owner, account.id(), account.sealed_password(), std::time(nullptr));
  };
  absl::Status lost = co_await parts_.records.Write(account.id(), std::move(plan));
  if (absl::IsFailedPrecondition(lost)) {
    co_return absl::UnavailableError("the account was changed while its token was refreshed");
  }
  if (!lost.ok()) co_return lost;
  entries_[account.id()].token = crypto::Secret();
  co_return words::Error(absl::StatusCode::kUnauthenticated, ConsentGone());
}

void AccessTokens::Sweep() {
  if (entries_.size() < sweep_at_) return;
  const auto now = parts_.now();
  absl::erase_if(entries_, [now](const auto& item) {
    const Entry& entry = item.second;
    return entry.flight == nullptr && entry.unstored.empty() && !entry.Holds(now) &&
           entry.not_before < now;
  });
  sweep_at_ = std::max<size_t>(1024, 2 * entries_.size());
}

}  // namespace postern::admin
