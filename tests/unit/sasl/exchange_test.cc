#include "lib/sasl/exchange.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "lib/sasl/mechanism.h"
#include "tests/support/hidden_text.h"

namespace postern::sasl {
namespace {

using Kind = Credentials::Kind;

Credentials Make(absl::string_view login, absl::string_view secret, Kind kind = Kind::kPassword) {
  Credentials credentials;
  credentials.kind = kind;
  credentials.login = std::string(login);
  credentials.secret = crypto::Secret(secret);
  credentials.host = "server.example.com";
  credentials.port = 143;
  return credentials;
}

std::unique_ptr<Exchange> Begin(Mechanism mechanism, const Credentials& credentials) {
  auto exchange = Exchange::Begin(mechanism, credentials);
  EXPECT_TRUE(exchange.ok()) << exchange.status();
  return exchange.ok() ? *std::move(exchange) : nullptr;
}

std::string Answer(Exchange& exchange, absl::string_view challenge) {
  auto answer = exchange.Respond(absl::Base64Escape(challenge));
  if (!answer.ok()) return answer.status().ToString();
  std::string text;
  EXPECT_TRUE(absl::Base64Unescape(answer->Reveal(), &text));
  return text;
}

TEST(SaslChoose, TakesTheStrongestOfItsKind) {
  struct {
    const char* offered;
    Kind kind;
    bool encrypted;
    const char* chosen;
  } const cases[] = {
      {"PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256", Kind::kPassword, true, "SCRAM-SHA-256"},
      {"plain scram-sha-1", Kind::kPassword, true, "SCRAM-SHA-1"},
      {"CRAM-MD5 LOGIN PLAIN", Kind::kPassword, true, "PLAIN"},
      {"CRAM-MD5 LOGIN", Kind::kPassword, true, "LOGIN"},
      {"CRAM-MD5", Kind::kPassword, true, "CRAM-MD5"},
      {"CRAM-MD5 LOGIN PLAIN", Kind::kPassword, false, "CRAM-MD5"},
      {"CRAM-MD5 SCRAM-SHA-1", Kind::kPassword, false, "SCRAM-SHA-1"},
      {"PLAIN XOAUTH2", Kind::kPassword, true, "PLAIN"},
      {"XOAUTH2 OAUTHBEARER", Kind::kPassword, true, ""},
      {"PLAIN XOAUTH2 OAUTHBEARER", Kind::kAccessToken, true, "OAUTHBEARER"},
      {"PLAIN XOAUTH2", Kind::kAccessToken, true, "XOAUTH2"},
      {"PLAIN SCRAM-SHA-256", Kind::kAccessToken, true, ""},
      {"PLAIN XOAUTH2 OAUTHBEARER", Kind::kAccessToken, false, ""},
      {"GSSAPI NTLM EXTERNAL SCRAM-SHA-256-PLUS", Kind::kPassword, true, ""},
      {"", Kind::kPassword, true, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.offered);
    Mechanisms offered;
    for (absl::string_view name : absl::StrSplit(c.offered, ' ')) offered.AddNamed(name);
    const auto chosen = Choose(offered, c.kind, c.encrypted);
    EXPECT_EQ(chosen ? NameOf(*chosen) : "", c.chosen);
  }
}

TEST(SaslExchange, SpeaksAsTheExamplesDo) {
  auto plain = Begin(Mechanism::kPlain, Make("tim", "tanstaaftanstaaf"));
  EXPECT_TRUE(plain->SpeaksFirst());
  EXPECT_FALSE(plain->spent());
  EXPECT_EQ(Answer(*plain, ""), std::string("\0tim\0tanstaaftanstaaf", 21));
  EXPECT_TRUE(plain->spent());

  auto login = Begin(Mechanism::kLogin, Make("tim", "secret"));
  EXPECT_FALSE(login->SpeaksFirst());
  EXPECT_EQ(Answer(*login, "Username:"), "tim");
  EXPECT_FALSE(login->spent()) << "that user name may be refused by itself";
  EXPECT_EQ(Answer(*login, "Password:"), "secret");
  EXPECT_TRUE(login->spent());

  // RFC 2195 section 2.
  auto cram = Begin(Mechanism::kCramMd5, Make("tim", "tanstaaftanstaaf"));
  EXPECT_EQ(Answer(*cram, "<1896.697170952@postoffice.reston.mci.net>"),
            "tim b913a602c7eda7a495b4e6e7334d3890");
  EXPECT_TRUE(cram->spent());

  // RFC 7628 section 4.1.
  auto bearer = Begin(
      Mechanism::kOAuthBearer,
      Make("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", Kind::kAccessToken));
  auto response = bearer->Respond("");
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(
      response->Reveal(),
      "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
      "HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");

  // Google's description of XOAUTH2.
  auto xoauth2 = Begin(Mechanism::kXOAuth2,
                       Make("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
                            Kind::kAccessToken));
  EXPECT_EQ(Answer(*xoauth2, ""),
            "user=someuser@example.com\x01"
            "auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01");
}

TEST(SaslExchange, AnswersTheReasonWhyATokenIsRefused) {
  const Credentials credentials = Make("ann", "token", Kind::kAccessToken);
  const char kReason[] = "{\"status\":\"invalid_token\"}";
  auto bearer = Begin(Mechanism::kOAuthBearer, credentials);
  Answer(*bearer, "");
  EXPECT_EQ(Answer(*bearer, kReason), "\x01") << "RFC 7628 section 3.2.3";
  auto xoauth2 = Begin(Mechanism::kXOAuth2, credentials);
  Answer(*xoauth2, "");
  EXPECT_EQ(Answer(*xoauth2, kReason), "");
  EXPECT_FALSE(xoauth2->Finish().ok()) << "it can't be refused and let in";
}

TEST(SaslExchange, EscapesTheUserNameOfOAuthBearer) {
  auto bearer = Begin(Mechanism::kOAuthBearer, Make("a=b,c", "t", Kind::kAccessToken));
  EXPECT_EQ(Answer(*bearer, "").substr(0, 14), "n,a=a=3Db=2Cc,");
}

TEST(SaslExchange, SendsNothingThatHidesInALogin) {
  const std::string nul("a\0b", 3);
  EXPECT_FALSE(Exchange::Begin(Mechanism::kPlain, Make(nul, "x")).ok());
  EXPECT_FALSE(Exchange::Begin(Mechanism::kPlain, Make("x", nul)).ok());
  EXPECT_FALSE(Exchange::Begin(Mechanism::kScramSha256, Make(nul, "x")).ok());
  for (const char* trick : {"t\x01user=eve", "t\r\nA2 LOGOUT"}) {
    for (Mechanism mechanism : {Mechanism::kOAuthBearer, Mechanism::kXOAuth2}) {
      EXPECT_FALSE(Exchange::Begin(mechanism, Make("ann", trick, Kind::kAccessToken)).ok());
      EXPECT_FALSE(Exchange::Begin(mechanism, Make(trick, "t", Kind::kAccessToken)).ok());
    }
  }
}

TEST(SaslExchange, EndsWhatNeverEnds) {
  for (Mechanism mechanism : {Mechanism::kPlain, Mechanism::kLogin, Mechanism::kCramMd5,
                              Mechanism::kXOAuth2, Mechanism::kOAuthBearer}) {
    SCOPED_TRACE(NameOf(mechanism));
    auto exchange = Begin(mechanism, Make("ann", "secret"));
    absl::Status status;
    for (int i = 0; i < 20 && status.ok(); ++i) {
      status = exchange->Respond(absl::Base64Escape("go on")).status();
    }
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  }
}

TEST(SaslExchange, TakesPromptsThatAreNoBase64WhereNothingDependsOnThem) {
  auto login = Begin(Mechanism::kLogin, Make("ann", "secret"));
  EXPECT_TRUE(login->Respond("user name, please!").ok());
  auto plain = Begin(Mechanism::kPlain, Make("ann", "secret"));
  EXPECT_TRUE(plain->Respond("go ahead!").ok());
  auto cram = Begin(Mechanism::kCramMd5, Make("ann", "secret"));
  EXPECT_FALSE(cram->Respond("*not* base64").ok());
  EXPECT_FALSE(cram->spent());
}

TEST(SaslExchange, LeavesNothingOfThePassword) {
  for (Mechanism mechanism : {Mechanism::kPlain, Mechanism::kLogin, Mechanism::kCramMd5,
                              Mechanism::kXOAuth2, Mechanism::kOAuthBearer}) {
    SCOPED_TRACE(NameOf(mechanism));
    const testing::HiddenText password = testing::HiddenText::Random(96);
    {
      Credentials credentials;
      credentials.login = "ann";
      credentials.secret = password.Reveal();
      auto exchange = Begin(mechanism, credentials);
      for (int i = 0; i < 2; ++i) exchange->Respond("Z28=").IgnoreError();
      EXPECT_GE(password.CopiesInMemory(), 1u) << "this one is found";
    }
    EXPECT_EQ(password.CopiesInMemory(), 0u);
  }
}

}  // namespace
}  // namespace postern::sasl
