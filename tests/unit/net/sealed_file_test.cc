#include "lib/crypto/sealed_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const char kText[] = "[MYISP]\r\nuser: fred\r\npassword: scooby\r\n* 12:00\r\n";

SecretBox Box(const std::string& line) { return *SecretBox::FromText(line, "test"); }

class SealedFileTest : public testing::Test {
 protected:
  const std::string line_ = SecretBox::NewKeyLine("main");
  const SecretBox box_ = Box(line_);
  const std::string sealed_ = SealFile(box_, FileKind::kScheduler, kText);
};

TEST_F(SealedFileTest, OpensToTheTextWithLf) {
  EXPECT_TRUE(IsSealedFile(sealed_));
  EXPECT_EQ(sealed_.substr(0, 4), "JSM2");
  EXPECT_THAT(sealed_, Not(HasSubstr("scooby")));
  const auto opened = OpenSealedFile(box_, sealed_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->kind, FileKind::kScheduler);
  EXPECT_EQ(opened->text.Reveal(), "[MYISP]\nuser: fred\npassword: scooby\n* 12:00\n");
}

TEST_F(SealedFileTest, OneFlippedBitAnywhereIsAnError) {
  for (size_t i = 0; i < sealed_.size(); ++i) {
    SCOPED_TRACE(i);
    std::string damaged = sealed_;
    damaged[i] ^= 1;
    EXPECT_FALSE(OpenSealedFile(box_, damaged).ok());
    EXPECT_FALSE(OpenSealedFile(box_, sealed_.substr(0, i)).ok());
  }
}

TEST_F(SealedFileTest, AnotherKeyDoesNotOpenIt) {
  const auto other = OpenSealedFile(Box(SecretBox::NewKeyLine("main")), sealed_);
  EXPECT_EQ(other.status().code(), absl::StatusCode::kDataLoss);
  const auto unknown = OpenSealedFile(Box(SecretBox::NewKeyLine("new")), sealed_);
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(unknown.status().message()),
              AllOf(HasSubstr("'main'"), Not(HasSubstr("password"))));
  // Keys are changed by a new one on top.
  const auto both = SecretBox::FromText(SecretBox::NewKeyLine("new") + "\n" + line_, "test");
  EXPECT_TRUE(OpenSealedFile(*both, sealed_).ok());
}

TEST_F(SealedFileTest, RefusesOtherVersionsInWords) {
  std::string later = sealed_;
  later[4] = 2;
  EXPECT_THAT(std::string(OpenSealedFile(box_, later).status().message()),
              HasSubstr("another version"));
}

TEST(BinaryFile, IsWhatNoTextCanBe) {
  EXPECT_TRUE(IsBinaryFile(std::string("JSMC\0\1", 6)));
  EXPECT_FALSE(IsBinaryFile("[MYISP]\n"));
  EXPECT_FALSE(IsBinaryFile(std::string("JSM2\0", 5)));
}

}  // namespace
}  // namespace postern::crypto
