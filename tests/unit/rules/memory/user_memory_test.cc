#include "services/rules/memory/user_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::rules {
namespace {

using testing::Await;
using ::testing::ElementsAre;
using Answer = UserMemory::Answer;
using Budget = UserMemory::Budget;

constexpr char kAnn[] = "ann@example.org";

class UserMemoryTest : public ::testing::Test {
 protected:
  bool Seen(const std::string& mail, const std::string& key, const std::string& user = kAnn) {
    std::vector<UserMemory::Question> questions{{mail, key}};
    auto seen = Await(io_, memory_.Seen(user, questions));
    EXPECT_TRUE(seen.ok()) << seen.status();
    return seen.ok() && seen->at(0);
  }
  void Leave(const std::string& mail, const std::string& key, uint64_t seconds = 100) {
    std::vector<UserMemory::NewMark> marks{{key, seconds}};
    EXPECT_TRUE(Await(io_, memory_.Leave(kAnn, mail, marks)).ok());
  }
  std::vector<Answer> Take(std::vector<UserMemory::Claim> claims) {
    auto answers = Await(io_, memory_.Take(kAnn, std::move(claims)));
    EXPECT_TRUE(answers.ok()) << answers.status();
    return answers.value_or(std::vector<Answer>());
  }
  int64_t Number(std::vector<std::string> command) {
    return Await(io_, client_->Command(std::move(command)))->integer;
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  UserMemory memory_{*client_};
};

TEST_F(UserMemoryTest, AMarkIsSeenByOtherMailsAndNotByItsOwn) {
  EXPECT_FALSE(Seen("m1", "duplicate:\n<a@b>"));
  Leave("m1", "duplicate:\n<a@b>");
  EXPECT_FALSE(Seen("m1", "duplicate:\n<a@b>"))
      << "a mail that comes again is no duplicate of itself";
  EXPECT_TRUE(Seen("m2", "duplicate:\n<a@b>"));
  EXPECT_FALSE(Seen("m2", "duplicate:\n<c@d>"));
  EXPECT_FALSE(Seen("m2", "duplicate:\n<a@b>", "bob@example.org")) << "each user has a memory";
}

TEST_F(UserMemoryTest, LeavingAgainChangesNothing) {
  Leave("m1", "k");
  Leave("m1", "k");
  Leave("m2", "k");
  EXPECT_FALSE(Seen("m1", "k")) << "the first keeps it";
  EXPECT_TRUE(Seen("m2", "k"));
}

TEST_F(UserMemoryTest, MarksEnd) {
  Leave("m1", "short", 0);
  Leave("m1", "long", 100);
  EXPECT_FALSE(Seen("m2", "short"));
  EXPECT_TRUE(Seen("m2", "long"));
  const std::string key = absl::StrCat("postern:memo:{", kAnn, "}:marks");
  EXPECT_EQ(Number({"HLEN", key}), 1);
  const int64_t left = Number({"PTTL", key});
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 100'000);
}

TEST_F(UserMemoryTest, AUsersMarksAreBounded) {
  std::vector<UserMemory::NewMark> marks;
  for (size_t i = 0; i < UserMemory::kMaxMarks + 700; ++i)
    marks.push_back({absl::StrCat("k", i), 1000 + i});
  ASSERT_TRUE(Await(io_, memory_.Leave(kAnn, "m1", marks)).ok());
  EXPECT_EQ(Number({"HLEN", absl::StrCat("postern:memo:{", kAnn, "}:marks")}),
            static_cast<int64_t>(UserMemory::kMaxMarks));
  EXPECT_FALSE(Seen("m2", "k0")) << "those that end first go first";
  EXPECT_TRUE(Seen("m2", absl::StrCat("k", UserMemory::kMaxMarks + 699)));
}

TEST_F(UserMemoryTest, OfSeveralMailsOneTakesWhatCanBeTakenOnce) {
  const auto answers = Take({{"m1", "a1", "answered:bob", {}},
                             {"m2", "a2", "answered:bob", {}},
                             {"m3", "a3", "answered:eve", {}}});
  EXPECT_THAT(answers, ElementsAre(Answer::kYes, Answer::kDoneBefore, Answer::kYes));
  EXPECT_THAT(Take({{"m1", "a1", "answered:bob", {}}}), ElementsAre(Answer::kYes))
      << "the same mail, come again";
  Leave("m1", "answered:bob");
  EXPECT_THAT(Take({{"m1", "a1", "answered:bob", {}}}), ElementsAre(Answer::kYes));
  EXPECT_THAT(Take({{"m2", "a2", "answered:bob", {}}}), ElementsAre(Answer::kDoneBefore));
}

TEST_F(UserMemoryTest, AClaimThatIsNotCarriedOutIsFreeAgainSoon) {
  Take({{"m1", "a1", "answered:bob", {}}});
  const std::string ends = absl::StrCat("postern:memo:{", kAnn, "}:marks:ends");
  const int64_t left = Number({"PTTL", ends});
  EXPECT_GT(left, 0);
  EXPECT_LE(left, absl::ToInt64Milliseconds(UserMemory::kClaimed));
}

TEST_F(UserMemoryTest, BudgetsAreSpentOnceForEachAction) {
  const Budget two{"redirects", 2, absl::Hours(24)};
  EXPECT_THAT(Take({{"m1", "a1", "", {two}}, {"m1", "a1", "", {two}}, {"m2", "a2", "", {two}}}),
              ElementsAre(Answer::kYes, Answer::kYes, Answer::kYes));
  EXPECT_THAT(Take({{"m3", "a3", "", {two}}, {"m2", "a2", "", {two}}}),
              ElementsAre(Answer::kSpent, Answer::kYes));
  const Budget other{"notifies", 1, absl::Hours(1)};
  EXPECT_THAT(Take({{"m3", "a3", "", {other}}}), ElementsAre(Answer::kYes));
}

TEST_F(UserMemoryTest, WhatCountsSeveralTimesNeedsRoomForAllOfIt) {
  const Budget one{"redirects", 5, absl::Hours(24)}, three{"redirects", 5, absl::Hours(24), 3};
  EXPECT_THAT(Take({{"m1", "a1", "", {three}}, {"m2", "a2", "", {three}}, {"m3", "a3", "", {one}}}),
              ElementsAre(Answer::kYes, Answer::kSpent, Answer::kYes));
  EXPECT_THAT(Take({{"m1", "a1", "", {three}}, {"m4", "a4", "", {one}}, {"m5", "a5", "", {one}}}),
              ElementsAre(Answer::kYes, Answer::kYes, Answer::kSpent));
}

TEST_F(UserMemoryTest, ABudgetIsThereAgainAfterItsTime) {
  const Budget one{"notifies", 1, absl::Milliseconds(30)};
  EXPECT_THAT(Take({{"m1", "a1", "", {one}}}), ElementsAre(Answer::kYes));
  EXPECT_THAT(Take({{"m2", "a2", "", {{"notifies", 1, absl::Hours(1)}}}}),
              ElementsAre(Answer::kSpent));
  Await(io_, net::Sleep(std::chrono::milliseconds(60)));
  EXPECT_THAT(Take({{"m2", "a2", "", {one}}}), ElementsAre(Answer::kYes));
}

TEST_F(UserMemoryTest, WhatIsRefusedTakesNothing) {
  const Budget none{"answers", 0, absl::Hours(1)}, one{"to", 1, absl::Hours(1)};
  EXPECT_THAT(Take({{"m1", "a1", "answered:bob", {one, none}}}), ElementsAre(Answer::kSpent));
  EXPECT_THAT(Take({{"m2", "a2", "answered:bob", {one}}}), ElementsAre(Answer::kYes));
}

TEST_F(UserMemoryTest, SaysSoWhenRedisIsAway) {
  redis_.Kill();
  std::vector<UserMemory::NewMark> marks{{"k", 1}};
  EXPECT_TRUE(absl::IsUnavailable(Await(io_, memory_.Leave(kAnn, "m1", marks))));
}

}  // namespace
}  // namespace postern::rules
