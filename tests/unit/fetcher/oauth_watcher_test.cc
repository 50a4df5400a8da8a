// How an account of an OAuth2 provider is watched: tokens come, end, are refused, are not to be
// had.
#include "absl/strings/escaping.h"
#include "services/fetcher/account_password.h"
#include "tests/unit/fetcher/visit_bench.h"
#include "tests/unit/fetcher/watcher_bench.h"

namespace postern::fetcher {
namespace {

constexpr char kGreeting[] = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN] hi\n";

std::string Authenticate(int number) {
  return absl::StrCat(
      "C: A1 AUTHENTICATE XOAUTH2 ",
      absl::Base64Escape(absl::StrCat("user=ann\x01", "auth=Bearer token ", number, "\x01\x01")),
      "\n");
}

// A login by the token of this number, and a mailbox without mail.
std::string Accepts(int number) {
  return absl::StrCat(
      kGreeting, Authenticate(number),
      "S: A1 OK [CAPABILITY IMAP4rev1 IDLE] in\nC: A2 EXAMINE \"INBOX\"\n"
      "S: * 0 EXISTS\nS: * OK [UIDVALIDITY 7] v\nS: * OK [UIDNEXT 1] n\nS: A2 OK\n");
}
std::string Refuses(int number) {
  return absl::StrCat(kGreeting, Authenticate(number),
                      "S: + eyJzdGF0dXMiOiI0MDAifQ==\nC: \nS: A1 NO [AUTHENTICATIONFAILED] no\n");
}

class OAuthWatcherTest : public WatcherTest {
 protected:
  OAuthWatcherTest() {
    account_.oauth2_provider = "google";
    tokens_.emplace(io_.get_executor(), [this](std::string account_id, crypto::Secret refused) {
      return Ask(std::move(account_id), std::move(refused));
    });
  }

  net::Task<absl::StatusOr<oauth2::AccessTokens::Token>> Ask(std::string account_id,
                                                             crypto::Secret refused) {
    asked_.push_back(absl::StrCat(account_id, " not ", refused.Reveal()));
    if (!trouble_.ok()) co_return trouble_;
    oauth2::AccessTokens::Token token;
    token.text = crypto::Secret(absl::StrCat("token ", asked_.size()));
    token.expires_unix = std::time(nullptr) + 3600;
    co_return token;
  }

  bool Ended(size_t count) {
    return Until([&] { return dialer_->ended.size() >= count; });
  }
  size_t CountHealth(absl::string_view word) {
    std::lock_guard lock(peers_.mutex);
    size_t count = 0;
    for (const std::string& said : peers_.health) count += said.substr(0, word.size()) == word;
    return count;
  }

  absl::Status trouble_;
  std::vector<std::string> asked_;
};

TEST_F(OAuthWatcherTest, LogsInByATokenNeverByThePassword) {
  Watch({Accepts(1)});
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  EXPECT_EQ(asked_, std::vector<std::string>{"acc not "});
}

TEST_F(OAuthWatcherTest, TriesAnotherTokenAtOnceWhenOneIsRefused) {
  Watch({Refuses(1), Accepts(2)});
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  EXPECT_EQ(dialer_->dialled(), 2u);
  EXPECT_EQ(asked_.back(), "acc not token 1");
  EXPECT_EQ(CountHealth("ASKING"), 0u);
  EXPECT_EQ(CountHealth("ERROR"), 0u);
}

TEST_F(OAuthWatcherTest, AsksItsUserOnceWhenTheSecondIsRefusedToo) {
  Watch({Refuses(1), Refuses(2)});
  EXPECT_TRUE(Until([this] { return CountHealth("ASKING") == 1; }));
  EXPECT_EQ(dialer_->dialled(), 2u);
  EXPECT_FALSE(Until([this] { return dialer_->dialled() > 2 || CountHealth("ASKING") > 1; },
                     milliseconds(500)));
  EXPECT_EQ(CountHealth("ERROR"), 0u);
}

TEST_F(OAuthWatcherTest, AsksItsUserOnceWhenConsentIsGone) {
  trouble_ = absl::UnauthenticatedError("invalid_grant");
  Watch({""});
  EXPECT_TRUE(Until([this] { return CountHealth("ASKING") == 1; }));
  EXPECT_FALSE(Until([this] { return asked_.size() > 1; }, milliseconds(500)));
  EXPECT_EQ(CountHealth("ERROR"), 0u);
}

TEST_F(OAuthWatcherTest, SaysNothingWhileTheProviderCanNotBeAsked) {
  trouble_ = absl::UnavailableError("down");
  Watch({"", Accepts(2)});
  EXPECT_TRUE(Ended(1));
  EXPECT_FALSE(Until([this] { return CountHealth("ERROR") + CountHealth("ASKING") > 0; },
                     milliseconds(300)));
  trouble_ = absl::OkStatus();
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
}

// --- visits -------------------------------------------------------------------------

class OAuthVisitTest : public OAuthWatcherTest {
 protected:
  absl::Status Visit(std::vector<testing::ScriptedStream> scripts) {
    bench_.emplace(std::move(scripts));
    bench_->account.oauth2_provider = "google";
    VisitParts parts = bench_->Parts();
    parts.tokens = &*tokens_;
    auto begun = testing::Await(io_, Begin(parts, bench_->account));
    return begun;
  }
  static net::Task<absl::Status> Begin(const VisitParts& parts, const Account& account) {
    auto credentials =
        co_await CredentialsOf(account, parts.secrets, parts.passwords, parts.tokens);
    if (!credentials.ok()) co_return credentials.status();
    std::optional<Failure> failure;
    auto visit = co_await BeginVisit(parts, account, *std::move(credentials), failure);
    co_return visit.status();
  }

  std::optional<testing::VisitBench> bench_;
};

std::string In(int number) {
  return absl::StrCat(kGreeting, Authenticate(number), "S: A1 OK [CAPABILITY IMAP4rev1] in\n");
}

TEST_F(OAuthVisitTest, TriesAnotherTokenOnce) {
  EXPECT_TRUE(Visit({testing::ScriptedStream(Refuses(1)), testing::ScriptedStream(In(2))}).ok());
  EXPECT_EQ(bench_->dialer.mismatch(), "");
}

TEST_F(OAuthVisitTest, GivesUpAfterTheSecond) {
  EXPECT_TRUE(absl::IsUnauthenticated(
      Visit({testing::ScriptedStream(Refuses(1)), testing::ScriptedStream(Refuses(2)),
             testing::ScriptedStream(In(3))})));
  EXPECT_EQ(bench_->dialer.dialled(), 2u);
}

TEST_F(OAuthVisitTest, TellsThatConsentIsGone) {
  trouble_ = absl::UnauthenticatedError("invalid_grant");
  EXPECT_TRUE(absl::IsUnauthenticated(Visit({})));
  EXPECT_EQ(bench_->dialer.dialled(), 0u);
}

}  // namespace
}  // namespace postern::fetcher
