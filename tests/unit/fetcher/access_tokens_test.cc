#include "lib/oauth2/access_tokens.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "tests/support/await.h"

namespace postern::oauth2 {
namespace {

using testing::Await;

class AccessTokensTest : public ::testing::Test {
 protected:
  net::Task<absl::StatusOr<AccessTokens::Token>> Ask(std::string account_id,
                                                     crypto::Secret refused) {
    asked_.push_back(absl::StrCat(account_id, " not ", refused.Reveal()));
    if (slow_) co_await net::Sleep(std::chrono::milliseconds(20));
    if (!trouble_.ok()) co_return trouble_;
    AccessTokens::Token token;
    token.text = crypto::Secret(absl::StrCat("token ", asked_.size()));
    token.expires_unix = now_ + 3600;
    co_return token;
  }

  std::string Get(const std::string& account_id) {
    auto token = Await(io_, tokens_.Of(account_id));
    return token.ok() ? token->Reveal() : absl::StatusCodeToString(token.status().code());
  }

  int64_t now_ = 1'800'000'000;
  bool slow_ = false;
  absl::Status trouble_;
  std::vector<std::string> asked_;
  boost::asio::io_context io_;
  AccessTokens tokens_{io_.get_executor(),
                       [this](std::string account_id, crypto::Secret refused) {
                         return Ask(std::move(account_id), std::move(refused));
                       },
                       [this] { return now_; }};
};

TEST_F(AccessTokensTest, KeepsOneUntilShortlyBeforeItsEnd) {
  EXPECT_EQ(Get("a"), "token 1");
  now_ += 3600 - AccessTokens::kLeastSeconds - AccessTokens::kJitterSeconds - 1;
  EXPECT_EQ(Get("a"), "token 1");
  EXPECT_EQ(Get("b"), "token 2") << "another account has another";
  now_ += AccessTokens::kJitterSeconds + 1;
  EXPECT_EQ(Get("a"), "token 3");
  EXPECT_EQ(asked_.back(), "a not ");
}

net::Task<void> Join(AccessTokens& tokens, std::vector<std::string>& answers) {
  auto token = co_await tokens.Of("a");
  answers.push_back(token.ok() ? token->Reveal() : "none");
}

TEST_F(AccessTokensTest, WhoAsksMeanwhileGetsTheSameAnswer) {
  slow_ = true;
  std::vector<std::string> answers;
  net::TaskGroup askers(io_.get_executor());
  const uint64_t first = askers.Spawn("first", Join(tokens_, answers));
  askers.Spawn("second", Join(tokens_, answers));
  askers.Spawn("third", Join(tokens_, answers));
  io_.run_for(std::chrono::milliseconds(5));
  askers.Cancel(first);  // who began goes away; the others still wait
  io_.restart();
  while (answers.size() < 2 && io_.run_one_for(std::chrono::seconds(5)) > 0) {
  }
  EXPECT_EQ(answers, (std::vector<std::string>{"token 1", "token 1"}));
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(AccessTokensTest, ARefusedOneIsReplacedOnce) {
  EXPECT_EQ(Get("a"), "token 1");
  EXPECT_TRUE(tokens_.Refused("a", crypto::Secret("token 1")));
  EXPECT_EQ(Get("a"), "token 2");
  EXPECT_EQ(asked_.back(), "a not token 1");
  EXPECT_FALSE(tokens_.Refused("a", crypto::Secret("token 2"))) << "a person has to act";
  EXPECT_EQ(Get("a"), "token 3");
  tokens_.Accepted("a");
  EXPECT_TRUE(tokens_.Refused("a", crypto::Secret("token 3"))) << "it worked in between";
}

TEST_F(AccessTokensTest, ANewerOneStaysWhenAnOlderIsRefused) {
  EXPECT_EQ(Get("a"), "token 1");
  now_ += 3600;
  EXPECT_EQ(Get("a"), "token 2");
  EXPECT_TRUE(tokens_.Refused("a", crypto::Secret("token 1")));
  EXPECT_EQ(Get("a"), "token 2");
}

TEST_F(AccessTokensTest, TellsWhoHasToAct) {
  trouble_ = absl::UnauthenticatedError("invalid_grant");
  auto token = Await(io_, tokens_.Of("a"));
  EXPECT_TRUE(absl::IsUnauthenticated(token.status()));
  EXPECT_TRUE(words::WordingOf(token.status()).has_value());
  for (const absl::Status& passing :
       {absl::UnavailableError("down"), absl::DeadlineExceededError("slow"),
        absl::UnimplementedError("an older admin"), absl::InternalError("bug")}) {
    trouble_ = passing;
    token = Await(io_, tokens_.Of("a"));
    EXPECT_TRUE(absl::IsUnavailable(token.status())) << passing;
    EXPECT_TRUE(words::WordingOf(token.status()).has_value());
  }
  trouble_ = absl::OkStatus();
  EXPECT_EQ(Get("a"), "token 6") << "errors are not kept";
}

TEST_F(AccessTokensTest, ForgetsWhatIsGone) {
  EXPECT_EQ(Get("a"), "token 1");
  tokens_.Forget("a");
  EXPECT_EQ(tokens_.size(), 0u);
  EXPECT_EQ(Get("a"), "token 2");
}

TEST_F(AccessTokensTest, KeepsNoMoreThanItsLimit) {
  for (size_t i = 0; i < AccessTokens::kMost + 5; ++i) Get(absl::StrCat("account ", i));
  EXPECT_EQ(tokens_.size(), AccessTokens::kMost);
  now_ += 3600;
  Get("one more");
  EXPECT_EQ(tokens_.size(), 1u) << "those that have ended make room";
}

}  // namespace
}  // namespace postern::oauth2
