#include "lib/sasl/server_login.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/sasl/exchange.h"

namespace postern::sasl {
namespace {

std::string Coded(absl::string_view text) { return absl::Base64Escape(text); }

TEST(ReadPlain, TakesTheMessageApart) {
  const struct {
    const char* name;
    std::string response;
    const char* want;  // "act_as|user|password"; empty: refused
  } cases[] = {
      {"plain", Coded(absl::string_view("\0ann\0secret", 11)), "|ann|secret"},
      {"for another", Coded(absl::string_view("bob\0ann\0secret", 14)), "bob|ann|secret"},
      {"no user", Coded(absl::string_view("\0\0secret", 8)), ""},
      {"no password", Coded(absl::string_view("\0ann\0", 5)), ""},
      {"one NUL", Coded(absl::string_view("ann\0secret", 10)), ""},
      {"three NULs", Coded(absl::string_view("\0ann\0a\0b", 8)), ""},
      {"empty", "", ""},
      {"not in base 64", "*", ""},
      {"too long", Coded(std::string(9000, 'x')), ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto login = ReadPlain(c.response);
    const std::string got = login.ok() ? absl::StrCat(login->claim.act_as, "|", login->claim.user,
                                                      "|", login->password.Reveal())
                                       : "";
    EXPECT_EQ(got, c.want);
    EXPECT_TRUE(login.ok() || absl::IsInvalidArgument(login.status()));
  }
}

Credentials Ann(absl::string_view password) {
  Credentials credentials;
  credentials.login = "ann,=@example.org";
  credentials.secret = crypto::Secret(password);
  return credentials;
}

crypto::ScramVerifier Verifier(absl::string_view password) {
  return crypto::MakeScramVerifier(crypto::Secret(password), "0123456789abcdef", 4096);
}

TEST(ScramLogin, BothSidesProveThatTheyKnowThePassword) {
  const auto client = *Exchange::Begin(Mechanism::kScramSha256, Ann("pencil"));
  const std::string first = client->Respond("")->Reveal();
  const auto claim = ReadScramClaim(first);
  ASSERT_TRUE(claim.ok()) << claim.status();
  EXPECT_EQ(claim->user, "ann,=@example.org");
  EXPECT_EQ(claim->act_as, "");
  const auto server = ScramLogin::Begin(Verifier("pencil"));
  ASSERT_NE(server, nullptr);
  const auto challenge = server->Challenge(first);
  ASSERT_TRUE(challenge.ok()) << challenge.status();
  const auto proof = server->Judge(client->Respond(*challenge)->Reveal());
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_TRUE(client->Respond(*proof).ok());
  EXPECT_TRUE(client->Finish().ok());
}

TEST(ScramLogin, RefusesWhoDoesNotKnowThePassword) {
  const auto client = *Exchange::Begin(Mechanism::kScramSha256, Ann("pen"));
  const std::string first = client->Respond("")->Reveal();
  const auto server = ScramLogin::Begin(Verifier("pencil"));
  const auto challenge = server->Challenge(first);
  const auto proof = server->Judge(client->Respond(*challenge)->Reveal());
  EXPECT_TRUE(absl::IsUnauthenticated(proof.status())) << proof.status();
}

// The example of RFC 7677 section 3, whose nonces are not ours to choose: its last message is
// none for another nonce.
TEST(ScramLogin, AProofIsGoodForOneLogin) {
  const std::string first = Coded("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const auto server = ScramLogin::Begin(Verifier("pencil"));
  ASSERT_TRUE(server->Challenge(first).ok());
  const auto proof =
      server->Judge(Coded("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                          "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
  EXPECT_TRUE(absl::IsUnauthenticated(proof.status())) << proof.status();
}

TEST(ScramLogin, RefusesWhatIsNoMessage) {
  for (const std::string& first :
       {std::string(), std::string("*"), Coded("n"), Coded("n,,n=,r=abc"), Coded("n,,r=abc"),
        Coded("p=tls-unique,,n=user"), Coded(absl::string_view("n,,n=a\0b,r=abc", 14)),
        Coded(std::string(9000, 'x'))}) {
    SCOPED_TRACE(first);
    EXPECT_TRUE(absl::IsInvalidArgument(ReadScramClaim(first).status()));
    const auto server = ScramLogin::Begin(Verifier("pencil"));
    EXPECT_FALSE(server->Challenge(first).ok());
  }
  const auto server = ScramLogin::Begin(Verifier("pencil"));
  ASSERT_TRUE(server->Challenge(Coded("n,,n=user,r=abcdefgh")).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(server->Judge("").status()));
}

}  // namespace
}  // namespace postern::sasl
