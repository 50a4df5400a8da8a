#include "lib/crypto/secret_box.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::crypto {
namespace {

TEST(SecretBox, OpensWhatItSealed) {
  const SecretBox box = *SecretBox::FromText(SecretBox::NewKeyLine("k1"), "test");
  for (const char* text : {"", "x", "pässword with spaces", "0123456789abcdef0123456789abcdef01"}) {
    const std::string sealed = box.Seal(Secret(text), "account-1");
    // A letter alone is found among so many random bytes now and then.
    if (std::string(text).size() > 4) {
      EXPECT_EQ(sealed.find(text), std::string::npos);
    }
    const auto opened = box.Open(sealed, "account-1");
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->Reveal(), text);
  }
  EXPECT_NE(box.Seal(Secret("same"), "a"), box.Seal(Secret("same"), "a"));
}

TEST(SecretBox, RefusesAnotherAccountAndEveryFlippedBit) {
  const SecretBox box = *SecretBox::FromText(SecretBox::NewKeyLine("k1"), "test");
  std::string sealed = box.Seal(Secret("secret"), "account-1");
  EXPECT_EQ(box.Open(sealed, "account-2").status().code(), absl::StatusCode::kDataLoss);
  for (size_t i = 0; i < sealed.size(); ++i) {
    SCOPED_TRACE(i);
    sealed[i] ^= 1;
    EXPECT_FALSE(box.Open(sealed, "account-1").ok());
    sealed[i] ^= 1;
    EXPECT_FALSE(box.Open(sealed.substr(0, i), "account-1").ok());
  }
}

TEST(SecretBox, RotatesKeysByANewFirstLine) {
  const std::string old_line = SecretBox::NewKeyLine("old"),
                    new_line = SecretBox::NewKeyLine("new");
  const SecretBox before = *SecretBox::FromText(old_line, "test");
  const SecretBox both = *SecretBox::FromText(absl::StrCat(new_line, "\n", old_line, "\n"), "test");
  const SecretBox after = *SecretBox::FromText(new_line, "test");
  const std::string sealed = before.Seal(Secret("s"), "a");
  EXPECT_EQ(both.Open(sealed, "a")->Reveal(), "s");
  EXPECT_EQ(after.Open(both.Seal(Secret("s"), "a"), "a")->Reveal(), "s");
  const auto missing = after.Open(sealed, "a");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(missing.status().message().find("'old'"), std::string::npos);
}

// `posternctl key new` calls each key "main" unless it is told a name.
TEST(SecretBox, TriesAllKeysOfOneName) {
  const std::string old_line = SecretBox::NewKeyLine("main");
  const std::string new_line = SecretBox::NewKeyLine("main");
  auto old_box = SecretBox::FromText(old_line, "test");
  auto both = SecretBox::FromText(new_line + "\n" + old_line, "test");
  auto new_box = SecretBox::FromText(new_line, "test");
  ASSERT_TRUE(old_box.ok() && both.ok() && new_box.ok());
  const std::string sealed = old_box->Seal(Secret("pass"), "a");
  auto opened = both->Open(sealed, "a");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->Reveal(), "pass");
  EXPECT_FALSE(both->Open(sealed, "b").ok());
  const absl::Status lacking = new_box->Open(sealed, "a").status();
  EXPECT_EQ(lacking.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(lacking.message(), "another key of the name 'main'")) << lacking;
}

TEST(SecretBox, NamesFileAndLineOfABadKey) {
  for (const char* text :
       {"", "# only a comment", "name", "name:c2hvcnQ=", "na me:AAAA", ":AAAA"}) {
    SCOPED_TRACE(text);
    const auto box = SecretBox::FromText(text, "keys.txt");
    ASSERT_FALSE(box.ok());
    EXPECT_NE(box.status().message().find("keys.txt"), std::string::npos);
  }
  EXPECT_EQ(SecretBox::FromFile("/nonexistent/key").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace postern::crypto
