#include <gmock/gmock.h>

#include "tests/unit/runner/sandbox_bench.h"

// Which files a program reaches.
namespace postern::runner {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SandboxFilesTest : public SandboxBench {
 protected:
  void SetUp() override {
    if (LandlockVersion() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  }
};

TEST_F(SandboxFilesTest, NothingIsWrittenOutside) {
  const std::string target = Outside("written");
  const std::string script = absl::StrCat("#!/bin/sh\necho x > ", target, "\n");
  EXPECT_NE(Run(script).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_EQ(Run(script, Without("landlock")).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(target));
}

TEST_F(SandboxFilesTest, NothingIsRemovedRenamedOrMadeOutside) {
  std::ofstream(Outside("theirs")) << "x";
  ::chmod(Outside("theirs").c_str(), 0666);
  for (const char* command : {"rm -f $1/theirs", "mv $1/theirs $1/other", "mkdir $1/new",
                              "ln -s /etc/shadow $1/link", "mv $1/theirs here", "ln $1/theirs here",
                              "mkfifo $1/pipe", ": > $1/theirs", "cp -f message.eml $1/"}) {
    SCOPED_TRACE(command);
    const std::string script =
        absl::StrCat("#!/bin/sh\nset -- ", Outside(""), "\n", command, " || exit 9\n");
    EXPECT_NE(Run(script).exit_code, 0);
    EXPECT_TRUE(std::filesystem::exists(Outside("theirs")));
    EXPECT_EQ(std::filesystem::file_size(Outside("theirs")), 1u);
    EXPECT_FALSE(std::filesystem::exists(Outside("new")));
  }
}

TEST_F(SandboxFilesTest, NothingOfTheMachineIsReadButItsLibraries) {
  const std::string secret = Outside("secret");
  std::ofstream(secret) << "hunter2\n";
  ::chmod(secret.c_str(), 0644);
  for (const std::string& path :
       {secret, std::string("/etc/passwd"), std::string("/proc/1/cmdline"),
        std::string("/proc/self/environ")}) {
    SCOPED_TRACE(path);
    const std::string script = absl::StrCat("#!/bin/sh\ncat ", path, "\n");
    const Ran confined = Run(script);
    EXPECT_NE(confined.exit_code, 0);
    EXPECT_THAT(confined.output, HasSubstr("Permission denied"));
    EXPECT_EQ(Run(script, Without("landlock")).exit_code, 0);
  }
}

TEST_F(SandboxFilesTest, EvenRootReadsNoShadow) {
  if (::geteuid() != 0) GTEST_SKIP() << "not root";
  How how;
  how.as_root = true;
  const std::string script = "#!/bin/sh\ncat /etc/shadow\n";
  EXPECT_NE(Run(script, how).exit_code, 0);
  how.landlock = false;
  EXPECT_EQ(Run(script, how).exit_code, 0);
}

TEST_F(SandboxFilesTest, WhatTheListNamesIsRead) {
  const std::string words = Outside("words");
  std::ofstream(words) << "for all\n";
  ::chmod(words.c_str(), 0644);
  How how;
  how.readable = {Outside("")};
  how.readable[0].pop_back();
  const std::string script = absl::StrCat("#!/bin/sh\ncat ", words, " && echo x > ", words, "\n");
  const Ran ran = Run(script, how);
  EXPECT_THAT(ran.output, HasSubstr("for all"));
  EXPECT_NE(ran.exit_code, 0);  // and not written
}

TEST_F(SandboxFilesTest, ItsFolderIsItsOwn) {
  const Ran ran =
      Run("#!/bin/sh\nset -e\nmkdir a\necho x > a/b\nmv a/b c\ncat c\nrm c\nrmdir a\nls\n"
          "stat -c %a .\nwc -c < \"$1\"\n");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_EQ(ran.output, "x\nmessage.eml\n700\n14\n");
}

TEST_F(SandboxFilesTest, OneRunReadsNothingOfAnother) {
  auto other = WorkFolder::Make(place_, user_, "a mail of somebody else");
  ASSERT_TRUE(other.ok());
  const std::string script = absl::StrCat("#!/bin/sh\ncat ", other->message_path(), "\n");
  EXPECT_THAT(Run(script).output, Not(HasSubstr("somebody else")));
  EXPECT_THAT(Run(script, Without("landlock")).output, HasSubstr("somebody else"));
}

TEST_F(SandboxFilesTest, NoSignalLeavesTheRun) {
  if (LandlockVersion() < 6) GTEST_SKIP() << "Landlock keeps no signals in here";
  const std::string sleeper = Script("sleeper", "#!/bin/sh\nexec sleep 60\n");
  auto work = WorkFolder::Make(place_, user_, "");
  const OpenFile nowhere(::open("/dev/null", O_WRONLY));
  auto victim = Start(sleeper, *work, How{}, nowhere.fd());
  ASSERT_TRUE(victim.ok()) << victim.status();
  const std::string script = absl::StrCat("#!/bin/sh\nkill -9 ", victim->pid(), "\n");
  EXPECT_NE(Run(script).exit_code, 0);
  EXPECT_FALSE(victim->HasEnded());
  EXPECT_EQ(Run(script, Without("landlock")).exit_code, 0);
  EXPECT_TRUE(Until([&] { return victim->HasEnded(); }));
}

}  // namespace
}  // namespace postern::runner
