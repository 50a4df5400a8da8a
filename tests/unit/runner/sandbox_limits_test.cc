#include <gmock/gmock.h>
#include <signal.h>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "tests/unit/runner/sandbox_bench.h"

// How much a program takes, and what is left of it.
namespace postern::runner {
namespace {

using ::testing::HasSubstr;

class SandboxLimitsTest : public SandboxBench {};

// Starts up to 100 processes that sleep, and says how many it got.
constexpr char kFork[] =
    "#!/usr/bin/python3\nimport os, time\ncount = 0\n"
    "try:\n  while count < 100:\n    if os.fork() == 0: time.sleep(60)\n    count += 1\n"
    "except OSError: pass\nprint(count, flush=True)\n";

TEST_F(SandboxLimitsTest, ProcessesAreCounted) {
  if (::geteuid() != 0) GTEST_SKIP() << "other processes of this user count as well";
  How few;
  few.limits.processes = 20;
  const Ran ran = Run(kFork, few);
  int count = 0;
  ASSERT_TRUE(absl::SimpleAtoi(absl::StripTrailingAsciiWhitespace(ran.output), &count))
      << ran.output;
  EXPECT_LT(count, 20);
  EXPECT_TRUE(ran.is_gone);
  How many;
  many.limits.processes = 200;
  const Ran free = Run(kFork, many);
  EXPECT_EQ(free.output, "100\n");
  EXPECT_TRUE(free.is_gone);
}

TEST_F(SandboxLimitsTest, AForkBombLeavesNothing) {
  How how;
  how.limits.processes = 200;
  // Its shell is gone at once; what it set off goes on.
  const Ran ran = Run("#!/bin/sh\nbomb() { bomb & bomb & }\nbomb 2>/dev/null\nsleep 0.3\n", how);
  EXPECT_TRUE(ran.is_gone);
}

TEST_F(SandboxLimitsTest, WhatHidesInASessionOfItsOwnIsFoundAllTheSame) {
  const std::string script =
      "#!/usr/bin/python3\nimport os, time\n"
      "reading, writing = os.pipe()\n"
      "if os.fork() == 0:\n"
      "  try: os.setsid()\n  except OSError: pass\n"
      "  os.write(writing, b'%d' % os.getpid())\n  time.sleep(60)\n"
      "print(os.read(reading, 100).decode(), flush=True)\n";
  pid_t pid = 0;
  const auto is_there = [&] { return ::kill(pid, 0) == 0; };
  ASSERT_TRUE(absl::SimpleAtoi(absl::StripTrailingAsciiWhitespace(Run(script).output), &pid));
  EXPECT_TRUE(Until([&] { return !is_there(); }));
  const Ran free = Run(script, Without("filter"));
  ASSERT_TRUE(absl::SimpleAtoi(absl::StripTrailingAsciiWhitespace(free.output), &pid));
  EXPECT_TRUE(is_there());
  ::kill(pid, SIGKILL);
}

TEST_F(SandboxLimitsTest, OneThatIsLeftIsKilled) {
  const std::string path = Script("sleeper", "#!/bin/sh\nsleep 60 & sleep 60\n");
  pid_t pid = 0;
  {
    auto work = WorkFolder::Make(place_, user_, "");
    const OpenFile nowhere(::open("/dev/null", O_WRONLY));
    auto child = Start(path, *work, How{}, nowhere.fd());
    ASSERT_TRUE(child.ok()) << child.status();
    pid = child->pid();
    EXPECT_EQ(::kill(-pid, 0), 0);
  }
  EXPECT_TRUE(Until([&] { return ::kill(-pid, 0) != 0; }));
}

TEST_F(SandboxLimitsTest, TimeOfTheProcessorEnds) {
  How how;
  how.limits.cpu_seconds = 1;
  EXPECT_EQ(Run("#!/bin/sh\nwhile :; do :; done\n", how).exit_code, 128 + SIGXCPU);
}

TEST_F(SandboxLimitsTest, MemoryEnds) {
  const std::string script = "#!/usr/bin/python3\nb = bytearray(300 << 20)\nprint(len(b))\n";
  EXPECT_THAT(Run(script).output, HasSubstr("MemoryError"));
  How how;
  how.limits.memory_bytes = 1ull << 30;
  EXPECT_EQ(Run(script, how).exit_code, 0);
}

TEST_F(SandboxLimitsTest, FilesEnd) {
  const std::string script = "#!/bin/sh\nexec head -c 20000000 /dev/zero > big\n";
  EXPECT_EQ(Run(script).exit_code, 128 + SIGXFSZ);
  How how;
  how.limits.file_bytes = 32 << 20;
  EXPECT_EQ(Run(script, how).exit_code, 0);
}

TEST_F(SandboxLimitsTest, FewFilesAreOpenAtOnce) {
  const std::string script =
      "#!/usr/bin/python3\nimport os\nfiles = []\n"
      "try:\n  while len(files) < 500: files.append(open('/dev/null'))\n"
      "except OSError as e: print(e.errno)\n";
  EXPECT_EQ(Run(script).output, "24\n");  // EMFILE
}

TEST_F(SandboxLimitsTest, WhatCantBeStartedIsTold) {
  const std::string path = Script("broken", "#!/nowhere/interpreter\n");
  auto work = WorkFolder::Make(place_, user_, "");
  const OpenFile nowhere(::open("/dev/null", O_WRONLY));
  const auto child = Start(path, *work, How{}, nowhere.fd());
  EXPECT_TRUE(absl::IsInternal(child.status()));
  EXPECT_THAT(child.status().message(), HasSubstr("exec: No such file"));
}

}  // namespace
}  // namespace postern::runner
