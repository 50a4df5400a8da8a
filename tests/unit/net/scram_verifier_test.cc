#include "lib/crypto/scram_verifier.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace postern::crypto {
namespace {

// RFC 7677 section 3: user "user", password "pencil".
TEST(ScramVerifier, IsWhatTheRfcsExampleLeadsTo) {
  std::string salt;
  ASSERT_TRUE(absl::Base64Unescape("W22ZaJ0SNY7soEsUEjb6gQ==", &salt));
  const ScramVerifier verifier = MakeScramVerifier(Secret("pencil"), salt, 4096);
  EXPECT_EQ(absl::Base64Escape(verifier.stored_key),
            "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
  EXPECT_EQ(absl::Base64Escape(verifier.server_key),
            "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
  EXPECT_TRUE(IsPassword(Secret("pencil"), verifier));
  EXPECT_FALSE(IsPassword(Secret("Pencil"), verifier));
  EXPECT_FALSE(IsPassword(Secret(""), verifier));
}

TEST(ScramVerifier, IsReadAsItWasWritten) {
  const ScramVerifier verifier = MakeScramVerifier(Secret("pencil"), "salt", 1000);
  const std::string text = ToText(verifier);
  EXPECT_EQ(text.substr(0, 28), "SCRAM-SHA-256$1000:c2FsdA==$");
  const auto read = ReadScramVerifier(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->salt, "salt");
  EXPECT_EQ(read->iterations, 1000u);
  EXPECT_EQ(read->stored_key, verifier.stored_key);
  EXPECT_EQ(read->server_key, verifier.server_key);
}

TEST(ScramVerifier, IsNothingWhenItIsSomethingElse) {
  const std::string good = ToText(MakeScramVerifier(Secret("pencil"), "salt", 1000));
  for (const std::string& text :
       {std::string(), std::string("pencil"), good.substr(0, good.size() - 4), "X" + good,
        std::string("SCRAM-SHA-256$0:c2FsdA==$AAAA:AAAA"), good + "$", good + ":"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(ReadScramVerifier(text).has_value());
  }
}

}  // namespace
}  // namespace postern::crypto
