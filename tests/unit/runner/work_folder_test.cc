#include "services/runner/work_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "services/runner/breaker.h"

namespace postern::runner {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class WorkFolderTest : public ::testing::Test {
 protected:
  WorkFolderTest() : base_(fs::temp_directory_path() / absl::StrCat("postern-work-", ::getpid())) {
    fs::create_directories(base_);
    place_ = *WorkPlace::Open((base_ / "runs").string());
  }
  ~WorkFolderTest() override { RemoveFolder(base_.string()); }

  WorkFolder Make(const std::string& message = "Subject: x\r\n\r\n") {
    auto made = WorkFolder::Make(place_, std::nullopt, message);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  static void Put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  const fs::path base_;
  WorkPlace place_;
};

TEST_F(WorkFolderTest, HoldsTheMailForNobodyElse) {
  std::string path;
  {
    const WorkFolder folder = Make("Subject: y\r\n");
    path = folder.path();
    std::stringstream text;
    text << std::ifstream(folder.message_path()).rdbuf();
    EXPECT_EQ(text.str(), "Subject: y\r\n");
    struct stat found {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0700u);
    ASSERT_EQ(::stat(folder.message_path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600u);
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(WorkFolderTest, IsRemovedHoweverDeepItIs) {
  std::string path;
  {
    const WorkFolder folder = Make();
    path = folder.path();
    // Deeper than a path may be long, and shut.
    OpenFile at(::open(path.c_str(), O_RDONLY | O_DIRECTORY));
    for (int i = 0; i < 300; ++i) {
      const std::string name(200, 'd');
      ASSERT_EQ(::mkdirat(at.fd(), name.c_str(), 0700), 0);
      at = OpenFile(::openat(at.fd(), name.c_str(), O_RDONLY | O_DIRECTORY));
    }
    fs::create_directory(fs::path(path) / "shut");
    Put(fs::path(path) / "shut" / "file", "x");
    fs::permissions(fs::path(path) / "shut", fs::perms::none);
    fs::create_directory_symlink(base_, fs::path(path) / "elsewhere");
    EXPECT_TRUE(folder.IsTooFull());  // what is so deep is hidden
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(base_));
}

TEST_F(WorkFolderTest, AResultIsAPlainFileOfItsOwn) {
  const WorkFolder folder = Make();
  const fs::path path = folder.path();
  Put(base_ / "secret", "hunter2");
  Put(path / "good", "text");
  fs::create_symlink(base_ / "secret", path / "link");
  fs::create_symlink("good", path / "near");
  fs::create_hard_link(base_ / "secret", path / "hard");
  fs::create_directory(path / "folder");
  ASSERT_EQ(::mkfifo((path / "pipe").c_str(), 0600), 0);
  Put(path / "large", std::string(WorkFolder::kMaxResultBytes + 1, 'x'));
  Put(path / "full", std::string(WorkFolder::kMaxResultBytes, 'x'));
  EXPECT_EQ(**folder.TakeResult("good"), "text");
  EXPECT_EQ((*folder.TakeResult("full"))->size(), WorkFolder::kMaxResultBytes);
  EXPECT_EQ(*folder.TakeResult("missing"), std::nullopt);
  constexpr struct {
    const char* name;
    const char* error;
  } kCases[] = {{"link", "link is a link"},      {"near", "near is a link"},
                {"hard", "hard is not its own"}, {"folder", "folder is not a file"},
                {"pipe", "pipe is not a file"},  {"large", "is larger than 1 MiB"},
                {"../../secret", "is a link"},   {"folder/../../../secret", "is a link"}};
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.name);
    const auto result = folder.TakeResult(one.name);
    EXPECT_TRUE(absl::IsFailedPrecondition(result.status()));
    EXPECT_THAT(result.status().message(), HasSubstr(one.error));
  }
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown((path / "good").c_str(), 65534, 65534), 0);
  EXPECT_THAT(folder.TakeResult("good").status().message(), HasSubstr("is not its own"));
}

TEST_F(WorkFolderTest, ResultsHaveNames) {
  for (const char* name : {"answer.txt", "...", ".hidden", "a b", "ä"}) {
    EXPECT_TRUE(IsResultName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"),
        std::string("/etc/shadow"), std::string("a\0b", 3), std::string(256, 'x'),
        std::string(WorkFolder::kMessage)}) {
    EXPECT_FALSE(IsResultName(name)) << name;
  }
}

TEST_F(WorkFolderTest, TooMuchIsSeen) {
  const WorkFolder many = Make();
  for (size_t i = 0; i < WorkFolder::kMaxEntries - 2; ++i)
    Put(fs::path(many.path()) / absl::StrCat(i), "");
  EXPECT_FALSE(many.IsTooFull());
  fs::create_directory(fs::path(many.path()) / "below");
  Put(fs::path(many.path()) / "below" / "one", "");
  EXPECT_TRUE(many.IsTooFull());
  const WorkFolder large = Make(std::string(1 << 20, 'm'));
  EXPECT_FALSE(large.IsTooFull());
  Put(fs::path(large.path()) / "large", std::string(WorkFolder::kMaxBytes + (1 << 20), 'x'));
  EXPECT_TRUE(large.IsTooFull());
}

TEST_F(WorkFolderTest, APlaceIsOneRunnersAlone) {
  const std::string path = (base_ / "runs").string();
  EXPECT_THAT(WorkPlace::Open(path).status().message(), HasSubstr("another runner is using it"));
  place_ = WorkPlace();
  fs::create_directories(base_ / "runs" / "run-left" / "deep");
  fs::create_directory(base_ / "runs" / "theirs");
  auto again = WorkPlace::Open(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(fs::exists(base_ / "runs" / "run-left"));  // of one that was killed
  EXPECT_TRUE(fs::exists(base_ / "runs" / "theirs"));
  fs::create_directory(base_ / "open");
  ::chmod((base_ / "open").c_str(), 0777);
  EXPECT_THAT(WorkPlace::Open((base_ / "open").string()).status().message(),
              HasSubstr("is not this user's alone"));
  fs::create_directory_symlink(base_ / "runs", base_ / "link");
  EXPECT_FALSE(WorkPlace::Open((base_ / "link").string()).ok());
}

TEST(BreakerTest, LeavesAloneWhatFailsInARow) {
  using namespace std::chrono_literals;
  Breaker breaker;
  Breaker::Clock::time_point now;
  for (int i = 0; i < Breaker::kMostFailures; ++i) {
    EXPECT_TRUE(breaker.MayRun("scan", now));
    breaker.Ended("scan", false, now);
  }
  EXPECT_FALSE(breaker.MayRun("scan", now));
  EXPECT_TRUE(breaker.MayRun("other", now));
  now += Breaker::kPause;
  EXPECT_TRUE(breaker.MayRun("scan", now));
  EXPECT_FALSE(breaker.MayRun("scan", now));  // one tries
  breaker.Ended("scan", false, now + 1s);
  EXPECT_FALSE(breaker.MayRun("scan", now + Breaker::kPause));
  now += Breaker::kPause + 1s;
  EXPECT_TRUE(breaker.MayRun("scan", now));
  breaker.Ended("scan", true, now);
  for (int i = 0; i < Breaker::kMostFailures - 1; ++i) breaker.Ended("scan", false, now);
  EXPECT_TRUE(breaker.MayRun("scan", now));
}

}  // namespace
}  // namespace postern::runner
