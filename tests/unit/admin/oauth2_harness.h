#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "services/admin/accounts.h"
#include "services/admin/oauth2/oauth2.h"
#include "services/admin/oauth2/url.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/admin/sample_accounts.h"

namespace postern::admin {

// A provider that answers what the test has laid out, in turn.
class ScriptedPoster final : public HttpPoster {
 public:
  struct State {
    std::deque<HttpAnswer> answers;
    std::optional<HttpAnswer> otherwise;  // when none is left; without it: not reached
    std::vector<FormFields> forms;        // what was posted
    std::function<net::Task<void>()> meanwhile;
  };
  explicit ScriptedPoster(State& state) : state_(state) {}

  net::Task<absl::StatusOr<HttpAnswer>> Post(HttpPost post) override {
    state_.forms.push_back(DecodeForm(post.form.Reveal()));
    // As a network does: others come first.
    co_await net::Sleep(std::chrono::milliseconds(1));
    if (state_.meanwhile) co_await state_.meanwhile();
    if (state_.answers.empty() && state_.otherwise) co_return *state_.otherwise;
    if (state_.answers.empty()) co_return absl::UnavailableError("http: refused");
    HttpAnswer answer = state_.answers.front();
    state_.answers.pop_front();
    co_return answer;
  }

 private:
  State& state_;
};

inline HttpAnswer Granted(const std::string& access, const std::string& refresh, int lifetime) {
  std::string more;
  if (!refresh.empty()) more = absl::StrCat(",\"refresh_token\":\"", refresh, "\"");
  return {200, absl::StrCat("{\"access_token\":\"", access, "\",\"token_type\":\"Bearer\"",
                            ",\"expires_in\":", lifetime, more, "}")};
}
inline HttpAnswer Refused(const std::string& error) {
  return {400, absl::StrCat("{\"error\":\"", error, "\"}")};
}

// All of admin's OAuth2 on a real Redis, with a provider of the test's.
class OAuth2Harness : public ::testing::Test {
 protected:
  // One admin process; another one, or the same after a restart, is another of these.
  struct Admin {
    Admin(OAuth2Harness& harness, OAuth2Settings settings)
        : redis(*store::RedisClient::Create(harness.io_.get_executor(), harness.redis_.url())),
          store(*redis, AccountStore::Limits()),
          feed(harness.io_.get_executor(), store),
          departures(harness.io_.get_executor(), *redis),
          accounts(store, feed, departures, harness.box_, RelayRules(), settings.providers),
          oauth2(OAuth2::Parts{harness.io_.get_executor(), *redis, store, feed, harness.box_},
                 settings, std::make_unique<ScriptedPoster>(harness.provider_)) {}
    std::unique_ptr<store::RedisClient> redis;
    AccountStore store;
    ChangeFeed feed;
    Departures departures;
    Accounts accounts;
    OAuth2 oauth2;
  };

  OAuth2Harness() {
    OAuth2Provider provider;
    provider.name = "ours";
    provider.label = "Ours";
    provider.hosts = {"imap.example.org"};
    provider.client_id = "client";
    provider.authorization_url = "https://id.example.org/auth";
    provider.token_url = "https://id.example.org/token";
    settings_.providers = {provider};
    settings_.public_url = "https://mail.example.org/chat";
    Restart();
  }
  ~OAuth2Harness() override { StopAdmin(); }

  void StopAdmin() {
    if (!admin_) return;
    testing::Await(io_, admin_->oauth2.Stop());
    testing::Await(io_, admin_->feed.Close());
    admin_.reset();
  }
  void Restart() {
    StopAdmin();
    admin_ = std::make_unique<Admin>(*this, settings_);
    EXPECT_TRUE(admin_->oauth2.Start().ok());
  }

  // Ann's account without a password.
  v1::Account Register(const std::string& name = "work") {
    auto put = testing::Await(
        io_, admin_->accounts.Put(ImapAccount("ann@example.org", name), crypto::Secret(), ""));
    EXPECT_TRUE(put.ok()) << put.status();
    return put.ok() ? put->account() : v1::Account();
  }
  // The same with consent; the refresh token is "refresh".
  v1::Account RegisterWithConsent(const std::string& name = "work") {
    const v1::Account account = Register(name);
    auto owner = testing::Await(io_, admin_->store.ReadOwner("ann@example.org"));
    OwnerEdit edit;
    edit.owner = owner->owner;
    edit.seen_revision = owner->revision;
    for (const v1::Account& found : owner->accounts) {
      if (found.id() != account.id()) continue;
      v1::Account& put = edit.put.emplace_back(found);
      put.set_sealed_password(box_.Seal(crypto::Secret("refresh"), account.id()));
      put.mutable_health()->set_state(v1::HEALTH_STATE_OK);
    }
    EXPECT_TRUE(testing::Await(io_, admin_->store.Commit(edit)).ok());
    return account;
  }
  v1::Account Now(const std::string& id) { return *testing::Await(io_, admin_->store.Read(id)); }
  // What is sealed in the account; "" when nothing is.
  std::string StoredToken(const std::string& id) {
    const v1::Account account = Now(id);
    if (account.sealed_password().empty()) return "";
    return box_.Open(account.sealed_password(), id)->Reveal();
  }

  absl::StatusOr<AccessToken> Token(const std::string& id, const std::string& refused = "") {
    return testing::Await(io_, admin_->oauth2.tokens().Get(id, crypto::Secret(refused)));
  }
  // The text of the token, or of the error's code.
  std::string TokenText(const std::string& id, const std::string& refused = "") {
    auto token = Token(id, refused);
    return token.ok() ? token->token.Reveal() : absl::StatusCodeToString(token.status().code());
  }
  absl::StatusOr<v1::BeginConsentResponse> Begin(const std::string& id) {
    return testing::Await(io_, admin_->oauth2.desk().Begin(id));
  }
  bool RunUntil(const std::function<bool()>& done) {
    for (int i = 0; i < 500 && !done(); ++i) {
      testing::Await(io_, net::Sleep(std::chrono::milliseconds(20)));
    }
    return done();
  }
  std::string Posted(size_t number, const std::string& field) const {
    return number < provider_.forms.size() ? FieldOf(provider_.forms[number], field) : "";
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  crypto::SecretBox box_ =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("test"), "test");
  OAuth2Settings settings_;
  ScriptedPoster::State provider_;
  std::unique_ptr<Admin> admin_;
};

}  // namespace postern::admin
