#include "lib/crypto/password_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/crypto/password_mask.h"
#include "lib/crypto/secret_words.h"
#include "lib/words/wording.h"

namespace postern::crypto {
namespace {

TEST(PasswordUse, IsOneServerAndOneLogin) {
  const PasswordUse given{"mail.example.org", "ann", true};
  const struct {
    const char* name;
    PasswordUse wanted;
    const char* because;  // "" when it may be used
  } cases[] = {
      {"the same", {"mail.example.org", "ann", true}, ""},
      {"spelt in another way", {"Mail.Example.ORG", "ann", true}, ""},
      {"another server", {"evil.example", "ann", true}, "because the server changes"},
      {"a part of it", {"mail.example.org.evil.example", "ann", true}, "the server changes"},
      {"no server", {"", "ann", true}, "because the server changes"},
      {"another login", {"mail.example.org", "Ann", true}, "because the login changes"},
      {"in the clear", {"mail.example.org", "ann", false}, "not be encrypted any more"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status status = CheckPasswordUse(given, c.wanted);
    EXPECT_EQ(status.ok(), std::string(c.because).empty());
    if (status.ok()) continue;
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                ::testing::AllOf(::testing::StartsWith("password: must be entered again, "),
                                 ::testing::HasSubstr(c.because)));
    EXPECT_TRUE(words::WordingOf(status).has_value());
  }
  const PasswordUse in_the_clear{"mail.example.org", "ann", false};
  EXPECT_TRUE(CheckPasswordUse(in_the_clear, given).ok());
  EXPECT_TRUE(CheckPasswordUse(in_the_clear, in_the_clear).ok());
}

TEST(PasswordMask, TakesThePasswordOutOfAServersWords) {
  const PasswordMask mask("ann", "s3cret\"word");
  const struct {
    const char *said, *left;
  } cases[] = {
      {"", ""},
      {"no such user", "no such user"},
      {"unknown command: PASS s3cret\"word", "unknown command: PASS ***"},
      {"unknown command: PASS S3CRET\"WORD!", "unknown command: PASS ***!"},
      {"s3cret\"words3cret\"word", "******"},
      {"BAD A1 LOGIN \"ann\" \"s3cret\\\"word\"", "BAD A1 LOGIN \"ann\" \"***\""},
      {"502 what is czNjcmV0IndvcmQ=?", "502 what is ***=?"},
      {"502 AUTH PLAIN AGFubgBzM2NyZXQid29yZA== AGFubgBzM2NyZXQid29yZA",
       "502 AUTH PLAIN ***== ***"},
      {"s3cret\"wor", "s3cret\"wor"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.said);
    EXPECT_EQ(mask.Mask(c.said), c.left);
  }
  EXPECT_EQ(PasswordMask("ann", "no").Mask("no such user"), "***");
  EXPECT_EQ(PasswordMask("ann", "no").Mask("such user"), "such user");
  EXPECT_EQ(PasswordMask("ann", "").Mask("unknown"), "unknown");
  EXPECT_EQ(PasswordMask().Mask("unknown"), "unknown");
  PasswordMask token("ann", "ya29.token");
  token.AlsoMask("dXNlcj1hbm4BYXV0aD1CZWFyZXI=");
  token.AlsoMask("YQ==");
  EXPECT_EQ(token.Mask("BAD: AUTHENTICATE XOAUTH2 DXNLCJ1hbm4BYXV0aD1CZWFyZXI= YQ"),
            "BAD: AUTHENTICATE XOAUTH2 ***= YQ");
}

TEST(SecretWords, AreWhatTheProtocolsSend) {
  EXPECT_EQ(SaslPlain("ann", "secret").Reveal(), "AGFubgBzZWNyZXQ=");
  EXPECT_EQ(Base64("secret").Reveal(), "c2VjcmV0");
  EXPECT_EQ(Join({"PASS ", "secret", "\r\n"}).Reveal(), "PASS secret\r\n");
}

}  // namespace
}  // namespace postern::crypto
