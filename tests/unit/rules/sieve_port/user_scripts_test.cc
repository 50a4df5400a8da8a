// Scripts and passwords as ManageSieve sees them, on the store and compiler that the service has.
#include "services/rules/sieve_port/user_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::rules {
namespace {

using managesieve::Room;
using testing::Await;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kAnn[] = "ann@example.org", kBob[] = "bob@example.org";

class UserScriptsTest : public ::testing::Test {
 protected:
  UserScriptsTest() { EXPECT_TRUE(Await(io_, stored_.Refresh()).ok()); }

  absl::StatusOr<std::vector<std::string>> Put(const std::string& name, const std::string& source) {
    return Await(io_, scripts_.Put(kAnn, name, source));
  }
  // "name", with * when it is active.
  std::vector<std::string> List(const std::string& user = kAnn) {
    std::vector<std::string> names;
    for (const auto& script : scripts_.List(user))
      names.push_back(absl::StrCat(script.name, script.active ? "*" : ""));
    return names;
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  Compiler compiler_;
  StoredPrograms stored_{*client_};
  ProgramsInForce programs_{io_.get_executor(), stored_, compiler_};
  ProgramDesk desk_{stored_, programs_, compiler_};
  ScriptPasswords passwords_{*client_};
  UserScripts scripts_{stored_, desk_, passwords_};
};

TEST_F(UserScriptsTest, StoresScriptsOfOneUser) {
  ASSERT_TRUE(Put("b", "keep;\r\n").ok());
  ASSERT_TRUE(Put("a", "stop;\r\n").ok());
  EXPECT_THAT(List(), ElementsAre("a", "b"));
  EXPECT_THAT(List(kBob), IsEmpty());
  EXPECT_EQ(*scripts_.Get(kAnn, "a"), "stop;\r\n");
  EXPECT_TRUE(absl::IsNotFound(scripts_.Get(kBob, "a").status()));
  EXPECT_TRUE(absl::IsNotFound(Await(io_, scripts_.Activate(kBob, "a"))));
  ASSERT_TRUE(Await(io_, scripts_.Activate(kAnn, "a")).ok());
  EXPECT_THAT(List(), ElementsAre("a*", "b"));
  // To put it again leaves it active.
  ASSERT_TRUE(Put("a", "keep;\r\n").ok());
  EXPECT_THAT(List(), ElementsAre("a*", "b"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Await(io_, scripts_.Remove(kAnn, "a"))));
  ASSERT_TRUE(Await(io_, scripts_.Rename(kAnn, "a", "c")).ok());
  EXPECT_THAT(List(), ElementsAre("b", "c*"));
  EXPECT_TRUE(absl::IsAlreadyExists(Await(io_, scripts_.Rename(kAnn, "c", "b"))));
  ASSERT_TRUE(Await(io_, scripts_.Activate(kAnn, "")).ok());
  ASSERT_TRUE(Await(io_, scripts_.Remove(kAnn, "c")).ok());
  EXPECT_TRUE(absl::IsNotFound(Await(io_, scripts_.Remove(kAnn, "c"))));
  EXPECT_THAT(List(), ElementsAre("b"));
}

TEST_F(UserScriptsTest, TellsWhereAScriptIsWrong) {
  ASSERT_TRUE(Put("a", "keep;\r\n").ok());
  const auto wrong = Put("a", "keep;\r\nnosuchthing;\r\n");
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(wrong.status().message()), StartsWith("a:2:1: "));
  EXPECT_EQ(*scripts_.Get(kAnn, "a"), "keep;\r\n");
}

TEST_F(UserScriptsTest, ChecksWithoutStoring) {
  EXPECT_TRUE(Put("", "keep;\r\n").ok());
  const auto wrong = Put("", "require \"vnd.postern.exec\";\r\n");
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(wrong.status().message()), StartsWith("script:1:9: "));
  EXPECT_THAT(List(), IsEmpty());
}

TEST_F(UserScriptsTest, WhatTheActiveOneIncludesStays) {
  ASSERT_TRUE(Put("part", "keep;\r\n").ok());
  ASSERT_TRUE(Put("all", "require \"include\"; include \"part\";\r\n").ok());
  ASSERT_TRUE(Await(io_, scripts_.Activate(kAnn, "all")).ok());
  const absl::Status removed = Await(io_, scripts_.Remove(kAnn, "part"));
  EXPECT_TRUE(absl::IsFailedPrecondition(removed));
  EXPECT_THAT(std::string(removed.message()), StartsWith("all, which is in force, includes it"));
  // A check is of the script alone.
  EXPECT_TRUE(Put("", "discard;\r\n").ok());
}

TEST_F(UserScriptsTest, HasRoomForSoMany) {
  EXPECT_EQ(scripts_.RoomFor(kAnn, "a", ProgramDesk::kMaxSourceBytes), Room::kEnough);
  EXPECT_EQ(scripts_.RoomFor(kAnn, "a", ProgramDesk::kMaxSourceBytes + 1), Room::kTooLarge);
  for (size_t i = 0; i < ProgramDesk::kMaxScripts; ++i)
    ASSERT_TRUE(Put(absl::StrCat("s", i), "keep;").ok());
  EXPECT_EQ(scripts_.RoomFor(kAnn, "one more", 1), Room::kTooManyScripts);
  EXPECT_EQ(scripts_.RoomFor(kAnn, "s1", 1), Room::kEnough);
  EXPECT_TRUE(absl::IsResourceExhausted(Put("one more", "keep;").status()));
}

TEST_F(UserScriptsTest, ANameMayBeLongerThanAFilesName) {
  const std::string name(512, 'x');
  ASSERT_TRUE(Put(name, "keep;").ok());
  EXPECT_THAT(List(), ElementsAre(name));
}

TEST_F(UserScriptsTest, WhatAnotherReplicaHasPutIsThereAtTheNextCommand) {
  StoredPrograms other(*client_);
  ASSERT_TRUE(Await(io_, other.Refresh()).ok());
  ASSERT_TRUE(Put("a", "keep;").ok());
  ProgramChange change;
  change.Remove({kAnn, v1::RULE_LANGUAGE_SIEVE, "a"});
  ASSERT_TRUE(Await(io_, other.Apply(std::move(change))).ok());
  EXPECT_THAT(List(), ElementsAre("a"));
  EXPECT_TRUE(Await(io_, scripts_.VerifierOf(kAnn)).ok());
  EXPECT_THAT(List(), IsEmpty());
}

TEST_F(UserScriptsTest, NobodyLogsInBeforeTheScriptsAreThere) {
  StoredPrograms unread(*client_);
  UserScripts scripts(unread, desk_, passwords_);
  EXPECT_TRUE(absl::IsUnavailable(Await(io_, scripts.VerifierOf(kAnn)).status()));
  EXPECT_TRUE(Await(io_, scripts_.VerifierOf(kAnn)).ok());
}

}  // namespace
}  // namespace postern::rules
