// What users ask for beyond an account's settings: a language, no stored password,
// the password of another account, the operator's relay.
#include <gmock/gmock.h>

#include "lib/words/wording.h"
#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

constexpr char kAnn[] = "ann@example.org";
constexpr char kBob[] = "bob@example.org";

class UserWishesTest : public AdminHarness {};

TEST_F(UserWishesTest, PreferencesAreToldInTheFeedAndTouchNothingElse) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  MustPut(ImapAccount(kAnn, "work"));
  MustPut(ImapAccount(kBob, "home"));
  ASSERT_TRUE(Report(home.id(), v1::HEALTH_STATE_OK).ok());
  const auto before = Changes(0);
  const auto set = [&](const std::string& user, const std::string& language) {
    v1::SetPreferencesRequest request;
    request.set_user(user);
    request.mutable_preferences()->set_language(language);
    return one_.Call(&AdminCalls::SetPreferences, request).status();
  };
  ASSERT_TRUE(set("Ann@Example.org", "fr").ok());
  const auto since = Changes(before.revision());
  ASSERT_EQ(since.changed_size(), 2);
  for (const auto& account : since.changed()) {
    EXPECT_EQ(account.owner(), kAnn);
    EXPECT_EQ(account.preferences().language(), "fr");
    EXPECT_EQ(account.settings_revision(), home.settings_revision());
    EXPECT_NE(account.sealed_password(), "");
  }
  EXPECT_EQ(List("", home.id())->accounts(0).health().state(), v1::HEALTH_STATE_OK);
  ASSERT_TRUE(set(kAnn, "fr").ok());
  EXPECT_EQ(Changes(since.revision()).revision(), since.revision()) << "nothing changed";
  EXPECT_EQ(set(kAnn, "no tag").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(set("nobody@example.org", "fr").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(set("ann@example.org/phone", "fr").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(UserWishesTest, WhatAClientIsHeardToSpeakFillsNoAuditLog) {
  MustPut(ImapAccount(kAnn, "home"));
  for (const char* heard : {"de", "en", "de"}) {
    v1::SetPreferencesRequest request;
    request.set_user(kAnn);
    request.mutable_preferences()->set_heard_language(heard);
    ASSERT_TRUE(one_.Call(&AdminCalls::SetPreferences, request).ok());
  }
  EXPECT_EQ(List(kAnn)->accounts(0).preferences().heard_language(), "de");
  auto entries =
      testing::Await(io_, one_.redis().Command({"XLEN", "postern:audit:{accounts}:log"}));
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->integer, 1);
}

TEST_F(UserWishesTest, AnAccountMayAskForItsPassword) {
  v1::Account wanted = ImapAccount(kAnn, "home");
  wanted.set_store_password(false);
  const v1::Account home = MustPut(wanted, "not to be stored");
  EXPECT_EQ(Changes(0).changed(0).sealed_password(), "");
  ASSERT_TRUE(Report(home.id(), v1::HEALTH_STATE_ASKING).ok());
  EXPECT_EQ(List(kAnn)->accounts(0).health().state(), v1::HEALTH_STATE_ASKING);
  const auto users = one_.Call(&AdminCalls::ListUsers, v1::ListUsersRequest());
  EXPECT_EQ(users->users(0).accounts_in_error(), 0u);
}

TEST_F(UserWishesTest, AFolderIsRegisteredWithThePasswordOfItsAccount) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"), "hunter2");
  v1::PutAccountRequest request = PutRequest(ImapAccount(kAnn, "lists"), "");
  request.mutable_account()->set_mailbox("INBOX.lists");
  request.set_copy_password_from(home.id());
  auto lists = one_.Call(&AdminCalls::PutAccount, request);
  ASSERT_TRUE(lists.ok()) << lists.status();
  const auto feed = Changes(0);
  for (const auto& account : feed.changed()) {
    auto opened = box_.Open(account.sealed_password(), account.id());
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->Reveal(), "hunter2");
  }
  // Another user's account is no account at all.
  request.mutable_account()->set_owner(kBob);
  auto refused = one_.Call(&AdminCalls::PutAccount, request);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(words::WordingOf(refused.status()).has_value()) << "the edge gets it too";
  EXPECT_THAT(std::string(refused.status().message()), ::testing::StartsWith("password: "));
}

TEST_F(UserWishesTest, TheSiteIsToldAndItsRelayKeepsItsRules) {
  EXPECT_FALSE(one_.Call(&AdminCalls::GetSite, v1::GetSiteRequest())->relay_offered());
  EXPECT_EQ(Put(RelayAccount(kAnn, "relay"), "").status().code(),
            absl::StatusCode::kInvalidArgument);
  Config config;
  config.relay = RelayOfExampleOrg();
  Replica offering(io_, redis_.url(), box_, process::Peers(), config);
  const auto site = offering.Call(&AdminCalls::GetSite, v1::GetSiteRequest());
  EXPECT_TRUE(site->relay_offered());
  EXPECT_EQ(site->relay_label(), "Our relay");
  const auto put = [&](v1::Account account) {
    return offering.Call(&AdminCalls::PutAccount, PutRequest(account, "")).status();
  };
  EXPECT_TRUE(put(RelayAccount(kAnn, "relay")).ok());
  EXPECT_EQ(put(RelayAccount(kBob, "relay")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(List(kAnn)->accounts(0).default_account());
}

}  // namespace
}  // namespace postern::admin
