// Access tokens: refreshed ahead, once for all who ask, and never twice with a token that is gone.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/unit/admin/oauth2_harness.h"

namespace postern::admin {
namespace {

using AccessTokensOf = OAuth2Harness;

TEST_F(AccessTokensOf, AreKeptUntilShortlyBeforeTheyExpire) {
  const std::string id = RegisterWithConsent().id();
  provider_.answers = {Granted("first", "", 3600)};
  const auto token = Token(id);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->token.Reveal(), "first");
  EXPECT_GT(token->expires_unix, std::time(nullptr) + 3500);
  EXPECT_EQ(Posted(0, "grant_type"), "refresh_token");
  EXPECT_EQ(Posted(0, "refresh_token"), "refresh");
  EXPECT_EQ(TokenText(id), "first");
  EXPECT_EQ(provider_.forms.size(), 1u);
  // In memory alone.
  Restart();
  provider_.answers = {Granted("second", "", 3600)};
  EXPECT_EQ(TokenText(id), "second");
}

TEST_F(AccessTokensOf, AreRefreshedWhenTheyAreAboutToExpire) {
  const std::string id = RegisterWithConsent().id();
  provider_.answers = {Granted("first", "", 1), Granted("second", "", 3600)};
  EXPECT_EQ(TokenText(id), "first");
  testing::Await(io_, net::Sleep(std::chrono::milliseconds(1100)));
  EXPECT_EQ(TokenText(id), "second");
  EXPECT_EQ(provider_.forms.size(), 2u);
}

TEST_F(AccessTokensOf, AreAskedForOnceForAllWhoWait) {
  const std::string id = RegisterWithConsent().id();
  provider_.answers = {Granted("first", "", 3600)};
  int answered = 0;
  for (int i = 0; i < 50; ++i) {
    boost::asio::co_spawn(io_, admin_->oauth2.tokens().Get(id, crypto::Secret()),
                          [&](std::exception_ptr, absl::StatusOr<AccessToken> token) {
                            answered += token.ok() && token->token.Reveal() == "first";
                          });
  }
  EXPECT_TRUE(RunUntil([&] { return answered == 50; })) << answered;
  EXPECT_EQ(provider_.forms.size(), 1u);
}

TEST_F(AccessTokensOf, ARotatedRefreshTokenIsStoredBeforeTheAccessTokenIsGiven) {
  const v1::Account account = RegisterWithConsent();
  const uint64_t revision = Now(account.id()).settings_revision();
  provider_.answers = {Granted("first", "refresh-2", 1), Granted("second", "refresh-3", 3600)};
  EXPECT_EQ(TokenText(account.id()), "first");
  EXPECT_EQ(StoredToken(account.id()), "refresh-2");
  EXPECT_EQ(Now(account.id()).settings_revision(), revision) << "nobody need connect anew";
  Restart();
  EXPECT_EQ(TokenText(account.id()), "second");
  EXPECT_EQ(Posted(1, "refresh_token"), "refresh-2");
  EXPECT_EQ(TokenText(account.id()), "second") << "its own rotation does not make it forget";
  EXPECT_EQ(provider_.forms.size(), 2u);
}

TEST_F(AccessTokensOf, TwoAdminsNeverUseOneRefreshTokenTwice) {
  const std::string id = RegisterWithConsent().id();
  Admin other(*this, settings_);
  provider_.answers = {Granted("first", "refresh-2", 3600), Granted("second", "refresh-3", 3600)};
  int answered = 0;
  for (Admin* admin : {admin_.get(), &other}) {
    boost::asio::co_spawn(
        io_, admin->oauth2.tokens().Get(id, crypto::Secret()),
        [&](std::exception_ptr, absl::StatusOr<AccessToken> token) { answered += token.ok(); });
  }
  EXPECT_TRUE(RunUntil([&] { return answered == 2; }));
  ASSERT_EQ(provider_.forms.size(), 2u);
  EXPECT_EQ(Posted(0, "refresh_token"), "refresh");
  EXPECT_EQ(Posted(1, "refresh_token"), "refresh-2");
  EXPECT_EQ(StoredToken(id), "refresh-3");
  testing::Await(io_, other.oauth2.Stop());
  testing::Await(io_, other.feed.Close());
}

TEST_F(AccessTokensOf, ConsentThatIsGoneIsAskedForOnceAndNeverUsedAgain) {
  const std::string id = RegisterWithConsent().id();
  const uint64_t revision = Now(id).settings_revision();
  provider_.answers = {Refused("invalid_grant")};
  EXPECT_EQ(TokenText(id), "UNAUTHENTICATED");
  EXPECT_EQ(StoredToken(id), "");
  EXPECT_GT(Now(id).settings_revision(), revision);
  EXPECT_EQ(Now(id).health().state(), v1::HEALTH_STATE_ASKING);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(TokenText(id), "UNAUTHENTICATED");
  Restart();
  EXPECT_EQ(TokenText(id), "UNAUTHENTICATED");
  EXPECT_EQ(provider_.forms.size(), 1u);
}

TEST_F(AccessTokensOf, AProviderThatIsAwayIsNotStormed) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(RegisterWithConsent(absl::StrCat("a", i)).id());
  for (int round = 0; round < 20; ++round) {
    for (const std::string& id : ids) EXPECT_EQ(TokenText(id), "UNAVAILABLE");
  }
  EXPECT_EQ(provider_.forms.size(), 1u) << "all accounts share one back-off";
  EXPECT_EQ(StoredToken(ids[0]), "refresh") << "that is no loss of consent";
  provider_.answers = {Granted("back", "", 3600), Granted("back", "", 3600)};
  EXPECT_TRUE(RunUntil([&] { return TokenText(ids[0]) == "back"; }));
  EXPECT_EQ(TokenText(ids[1]), "back") << "for all at once";
}

TEST_F(AccessTokensOf, ATokenThatHoldsOutlivesTroubleOfItsProvider) {
  const std::string id = RegisterWithConsent().id();
  // To be refreshed from its last quarter on, at the latest five minutes before its end.
  provider_.answers = {Granted("first", "", 250)};
  EXPECT_EQ(TokenText(id), "first");
  provider_.answers = {HttpAnswer{503, "<html>"}};
  EXPECT_EQ(TokenText(id), "first");
}

TEST_F(AccessTokensOf, AWrongClientIsTheOperatorsTroubleAndNobodysLoss) {
  const std::string id = RegisterWithConsent().id();
  provider_.answers = {HttpAnswer{401, R"({"error":"invalid_client"})"}};
  EXPECT_EQ(TokenText(id), "UNAVAILABLE");
  EXPECT_EQ(StoredToken(id), "refresh");
}

TEST_F(AccessTokensOf, ARefusedOneIsReplacedOnceAMinuteAtMost) {
  const std::string id = RegisterWithConsent().id();
  provider_.answers = {Granted("first", "", 3600)};
  EXPECT_EQ(TokenText(id), "first");
  // New as it is, another one would be refused too.
  EXPECT_EQ(TokenText(id, "first"), "UNAVAILABLE");
  EXPECT_EQ(TokenText(id, "an older one"), "first");
  EXPECT_EQ(provider_.forms.size(), 1u);
}

TEST_F(AccessTokensOf, RedisAwayLosesNoRotatedToken) {
  const std::string id = RegisterWithConsent().id();
  provider_.answers = {Granted("first", "refresh-2", 3600)};
  // Another refuses to write just then.
  provider_.meanwhile = [this]() -> net::Task<void> {
    std::vector<std::string> stop{"CONFIG", "SET", "min-replicas-to-write", "1"};
    (void)co_await admin_->redis->Command(std::move(stop));
  };
  EXPECT_EQ(TokenText(id), "UNAVAILABLE");
  provider_.meanwhile = nullptr;
  EXPECT_EQ(StoredToken(id), "refresh");
  std::vector<std::string> go_on{"CONFIG", "SET", "min-replicas-to-write", "0"};
  ASSERT_TRUE(testing::Await(io_, admin_->redis->Command(std::move(go_on))).ok());
  // The lock of that refresh could not be taken away.
  std::vector<std::string> unlock{"DEL", absl::StrCat("postern:consent:{consent}:refresh:", id)};
  ASSERT_TRUE(testing::Await(io_, admin_->redis->Command(std::move(unlock))).ok());
  provider_.answers = {Granted("second", "", 3600)};
  EXPECT_EQ(TokenText(id), "second");
  EXPECT_EQ(Posted(1, "refresh_token"), "refresh-2");
}

TEST_F(AccessTokensOf, AccountsOfNoProviderHaveNone) {
  auto put = testing::Await(io_, admin_->accounts.Put(ImapAccount("ann@example.org", "password"),
                                                      crypto::Secret("pw"), ""));
  EXPECT_EQ(TokenText(put->account().id()), "FAILED_PRECONDITION");
  EXPECT_EQ(TokenText("nobody"), "NOT_FOUND");
  EXPECT_TRUE(absl::IsFailedPrecondition(Begin(put->account().id()).status()));
  EXPECT_EQ(TokenText(Register().id()), "UNAUTHENTICATED") << "consent was never given";
  EXPECT_TRUE(provider_.forms.empty());
}

}  // namespace
}  // namespace postern::admin
