#include "lib/crypto/password_keeper.h"

#include <gtest/gtest.h>

namespace postern::crypto {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class PasswordKeeperTest : public ::testing::Test {
 protected:
  void Hold(const std::string& account, const std::string& owner) {
    keeper_.Hold(account, owner, Secret("of " + account));
  }
  std::string Found(const std::string& account) { return keeper_.Find(account).Reveal(); }

  PasswordKeeper::Clock::time_point now_ = PasswordKeeper::Clock::now();
  PasswordKeeper keeper_{[this] { return now_; }};
};

TEST_F(PasswordKeeperTest, HoldsTheLastOneOfEachAccount) {
  EXPECT_FALSE(keeper_.Holds("a"));
  EXPECT_EQ(Found("a"), "");
  Hold("a", "ann");
  Hold("b", "bob");
  keeper_.Hold("a", "ann", Secret("another"));
  EXPECT_TRUE(keeper_.Holds("a"));
  EXPECT_EQ(Found("a"), "another");
  EXPECT_EQ(Found("b"), "of b");
  keeper_.Forget("a");
  EXPECT_FALSE(keeper_.Holds("a"));
  EXPECT_TRUE(keeper_.Holds("b"));
}

TEST_F(PasswordKeeperTest, WipesThoseOfWhoeverIsNotNamed) {
  Hold("a", "ann");
  Hold("a2", "ann");
  Hold("b", "bob");
  keeper_.Retain({"ann", "cid"});
  EXPECT_TRUE(keeper_.Holds("a"));
  EXPECT_TRUE(keeper_.Holds("a2"));
  EXPECT_FALSE(keeper_.Holds("b"));
  keeper_.Retain({});
  EXPECT_FALSE(keeper_.Holds("a"));
}

TEST_F(PasswordKeeperTest, WipesAllWithoutAWordForFiveMinutes) {
  Hold("a", "ann");
  now_ += minutes(4);
  keeper_.Retain({"ann"});
  now_ += minutes(5);
  EXPECT_TRUE(keeper_.Holds("a"));
  now_ += seconds(1);
  EXPECT_FALSE(keeper_.Holds("a"));
  now_ -= minutes(2);
  EXPECT_FALSE(keeper_.Holds("a")) << "wiped, not only hidden";
}

TEST_F(PasswordKeeperTest, ANewPasswordKeepsNoOlderOneAlive) {
  Hold("a", "ann");
  now_ += minutes(4);
  Hold("b", "bob");
  now_ += minutes(2);
  EXPECT_FALSE(keeper_.Holds("a"));
  EXPECT_FALSE(keeper_.Holds("b")) << "nobody has said in time that either is still there";
  Hold("b", "bob");
  EXPECT_TRUE(keeper_.Holds("b")) << "who gives a password is there";
  now_ += minutes(4);
  EXPECT_TRUE(keeper_.Holds("b"));
}

}  // namespace
}  // namespace postern::crypto
