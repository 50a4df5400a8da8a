#include "services/admin/oauth2/consent_desk.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/admin/oauth2/consent_edit.h"
#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

using std::chrono::seconds;

constexpr seconds kPollPause(1), kPollLater(30);
constexpr size_t kMostPolls = 16;
constexpr int64_t kSlowDownBy = 5;      // RFC 8628 section 3.5
constexpr int64_t kCodeHoldsYet = 120;  // s; an older code is not told again
constexpr size_t kMaxReasonBytes = 300;

absl::Status NoProvider() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("This account needs no consent: it logs in with a password."));
}

absl::Status ProviderIsGone(const std::string& name) {
  return words::Error(
      absl::StatusCode::kFailedPrecondition,
      words::Word("This gateway has no agreement with $0 any more. Ask its operator.", name));
}

}  // namespace

ConsentDesk::ConsentDesk(Parts parts) : parts_(std::move(parts)), tasks_(parts_.executor) {}

std::string ConsentDesk::RedirectUrl() const {
  return absl::StrCat(parts_.public_url, "/oauth2/callback");
}

net::Task<absl::StatusOr<v1::BeginConsentResponse>> ConsentDesk::Begin(std::string account_id) {
  auto account = co_await parts_.records.Read(account_id);
  if (!account.ok()) co_return account.status();
  const std::string name = account->oauth2_provider();
  if (name.empty()) co_return NoProvider();
  const auto caller = parts_.callers.find(name);
  if (caller == parts_.callers.end()) co_return ProviderIsGone(name);
  auto link = co_await parts_.store.LinkOf(account_id, name);
  if (!link.ok()) co_return link.status();
  v1::BeginConsentResponse answer;
  answer.set_provider(caller->second->provider().label);
  answer.set_url(absl::StrCat(parts_.public_url, "/oauth2/", link->link));
  answer.set_expires_unix(link->expires_unix);
  if (caller->second->provider().device_url.empty()) co_return answer;
  auto device = co_await DeviceFor(std::move(account_id), *caller->second);
  if (!device.ok()) {  // the link is there
    log::Info("no code for consent", {{"provider", name}, {"why", device.status().message()}});
    co_return answer;
  }
  answer.set_device_url(device->url);
  answer.set_user_code(device->user_code);
  answer.set_expires_unix(std::min(link->expires_unix, device->expires_unix));
  co_return answer;
}

net::Task<absl::StatusOr<DeviceConsent>> ConsentDesk::DeviceFor(std::string account_id,
                                                                ProviderCaller& caller) {
  const std::string& name = caller.provider().name;
  auto known = co_await parts_.store.FindDevice(account_id);
  if (!known.ok() && !absl::IsNotFound(known.status())) co_return known.status();
  const int64_t least = std::time(nullptr) + kCodeHoldsYet;
  if (known.ok() && known->provider == name && known->expires_unix >= least) co_return known;
  DeviceAnswer answer = co_await caller.AskDevice();
  if (!answer.granted) co_return absl::UnavailableError(answer.why);
  DeviceConsent device;
  device.account_id = account_id;
  device.provider = name;
  device.sealed_code = parts_.box.Seal(answer.device_code, account_id);
  device.user_code = answer.user_code;
  device.url = answer.url;
  device.expires_unix = std::time(nullptr) + answer.lifetime.count();
  device.interval_s = answer.interval.count();
  absl::Status kept = co_await parts_.store.PutDevice(device);
  if (!kept.ok()) co_return kept;
  co_return device;
}

net::Task<absl::StatusOr<ConsentDesk::Errand>> ConsentDesk::ErrandOf(std::string account_id,
                                                                     std::string provider) {
  auto account = co_await parts_.records.Read(std::move(account_id));
  if (!account.ok()) co_return account.status();
  const auto caller = parts_.callers.find(provider);
  // The account may have moved to another server since.
  if (account->oauth2_provider() != provider || caller == parts_.callers.end()) {
    co_return absl::NotFoundError("the account needs no consent of this provider any more");
  }
  co_return Errand{*std::move(account), caller->second->provider().label};
}

net::Task<absl::StatusOr<ConsentDesk::Errand>> ConsentDesk::Find(std::string link) {
  auto found = co_await parts_.store.FindLink(std::move(link));
  if (!found.ok()) co_return found.status();
  co_return co_await ErrandOf(found->account_id, found->provider);
}

net::Task<absl::StatusOr<std::string>> ConsentDesk::GoOn(std::string link, std::string browser) {
  auto found = co_await parts_.store.FindLink(link);
  if (!found.ok()) co_return found.status();
  auto errand = co_await ErrandOf(found->account_id, found->provider);
  if (!errand.ok()) co_return errand.status();
  ConsentRequest request;
  request.redirect_url = RedirectUrl();
  request.state = crypto::RandomId(20);
  request.verifier = crypto::RandomId(32);
  request.login = errand->account.login();
  ConsentState state{std::move(link), found->account_id, found->provider, request.verifier,
                     crypto::Sha256Hex(browser)};
  absl::Status kept = co_await parts_.store.PutState(request.state, std::move(state));
  if (!kept.ok()) co_return kept;
  co_return ConsentUrl(parts_.callers.at(found->provider)->provider(), request);
}

net::Task<absl::StatusOr<ConsentDesk::Errand>> ConsentDesk::ComeBack(Return came) {
  auto state = co_await parts_.store.TakeState(came.state);
  if (!state.ok()) co_return state.status();
  if (crypto::Sha256Hex(came.browser) != state->browser_hash) {
    log::Warn("consent came back by another browser", {{"account", state->account_id}});
    co_return absl::PermissionDeniedError("another browser was sent to the provider");
  }
  auto errand = co_await ErrandOf(state->account_id, state->provider);
  if (!errand.ok()) co_return errand.status();
  if (came.code.empty()) {
    const std::string why =
        absl::StrCat(came.error, came.description.empty() ? "" : ": ", came.description);
    co_return absl::FailedPreconditionError(OneLine(why, kMaxReasonBytes));
  }
  ProviderCaller& caller = *parts_.callers.at(state->provider);
  HttpPost post = CodePost(caller.provider(), came.code, state->verifier, RedirectUrl());
  TokenAnswer answer = co_await caller.AskToken(std::move(post));
  if (answer.kind == TokenAnswer::Kind::kNotNow) co_return absl::UnavailableError(answer.why);
  if (answer.kind != TokenAnswer::Kind::kGranted) {
    log::Warn("consent not taken", {{"account", state->account_id}, {"why", answer.why}});
    co_return absl::FailedPreconditionError(answer.why);
  }
  absl::Status given = co_await Give(state->account_id, caller.provider(), std::move(answer));
  if (!given.ok()) co_return given;
  co_return errand;
}

net::Task<absl::Status> ConsentDesk::Give(std::string account_id, const OAuth2Provider& provider,
                                          TokenAnswer answer) {
  if (answer.refresh_token.empty()) {
    log::Error("OAuth2 provider gives no refresh token; see its scope and parameters",
               {{"provider", provider.name}});
    co_return absl::FailedPreconditionError("the provider gave no lasting access");
  }
  const std::string sealed = parts_.box.Seal(answer.refresh_token, account_id);
  ConsentRecords::Plan plan = [&](const OwnerAccounts& owner) {
    return PlanConsent(owner, account_id, provider.name, sealed, std::time(nullptr));
  };
  // Ahead of the writing: who hears of it asks at once.
  parts_.tokens.Remember(account_id, sealed, std::move(answer));
  absl::Status written = co_await parts_.records.Write(account_id, std::move(plan));
  if (!written.ok()) co_return written;
  absl::Status ended = co_await parts_.store.End(std::move(account_id));
  if (!ended.ok()) log::Info("link for consent not ended", {{"why", ended.message()}});
  co_return absl::OkStatus();
}

net::Task<void> ConsentDesk::PollDevices() {
  while (true) {
    co_await net::Sleep(kPollPause);
    while (tasks_.size() < kMostPolls) {
      auto due = co_await parts_.store.TakePoll(std::time(nullptr));
      if (!due.ok() || !due->has_value()) break;
      tasks_.Spawn("poll for consent", Poll(**due));
    }
  }
}

net::Task<void> ConsentDesk::Poll(std::string account_id) {
  absl::Status polled = co_await PollOnce(account_id);
  // Redis is away: it is due again in a minute (TakePoll).
  if (!polled.ok()) log::Info("consent not polled", {{"why", polled.message()}});
}

net::Task<absl::Status> ConsentDesk::PollOnce(std::string account_id) {
  auto device = co_await parts_.store.FindDevice(account_id);
  if (!device.ok() && !absl::IsNotFound(device.status())) co_return device.status();
  const int64_t now = std::time(nullptr);
  const auto caller = device.ok() ? parts_.callers.find(device->provider) : parts_.callers.end();
  if (caller == parts_.callers.end() || device->expires_unix <= now) {
    co_return co_await parts_.store.RemoveDevice(std::move(account_id));
  }
  auto code = parts_.box.Open(device->sealed_code, account_id);
  if (!code.ok()) co_return co_await parts_.store.RemoveDevice(std::move(account_id));
  HttpPost post = DeviceCodePost(caller->second->provider(), *code);
  TokenAnswer answer = co_await caller->second->AskToken(std::move(post));
  switch (answer.kind) {
    case TokenAnswer::Kind::kGranted: {
      absl::Status given = co_await Give(account_id, caller->second->provider(), std::move(answer));
      if (given.ok() || absl::IsUnavailable(given)) co_return given;
      co_return co_await parts_.store.RemoveDevice(std::move(account_id));
    }
    case TokenAnswer::Kind::kPending:
      co_return co_await parts_.store.PollAgain(std::move(account_id), now + device->interval_s);
    case TokenAnswer::Kind::kSlowDown:
      device->interval_s += kSlowDownBy;
      co_return co_await parts_.store.PutDevice(*std::move(device));
    case TokenAnswer::Kind::kNotNow:
    case TokenAnswer::Kind::kWrongClient: {
      const int64_t later = now + std::max<int64_t>(device->interval_s, kPollLater.count());
      co_return co_await parts_.store.PollAgain(std::move(account_id), later);
    }
    default:
      log::Info("no consent by code", {{"account", account_id}, {"why", answer.why}});
      co_return co_await parts_.store.RemoveDevice(std::move(account_id));
  }
}

}  // namespace postern::admin
