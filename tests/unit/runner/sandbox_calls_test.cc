#include <gmock/gmock.h>

#include "tests/unit/runner/sandbox_bench.h"

// Which system calls a program may make.
namespace postern::runner {
namespace {

using ::testing::HasSubstr;

class SandboxCallsTest : public SandboxBench {};

// Tells which error a call ends with; 0 is success.
std::string Calling(const std::string& call) {
  return absl::StrCat(
      "#!/usr/bin/python3\nimport ctypes, os, platform, socket, sys\n"
      "c = ctypes.CDLL(None, use_errno=True)\n"
      "def errno_of(answer): print(ctypes.get_errno() if answer < 0 else 0)\n",
      call, "\n");
}

TEST_F(SandboxCallsTest, SomeAreRefused) {
#ifndef __x86_64__
  GTEST_SKIP() << "the numbers are those of x86-64";
#endif
  constexpr const char* kRefused = "1\n";  // EPERM
  constexpr struct {
    const char* name;
    const char* call;
  } kCases[] = {
      {"ptrace", "errno_of(c.ptrace(16, 999999, None, None))"},  // ESRCH otherwise
      {"a namespace of users", "errno_of(c.unshare(0x10000000))"},
      {"a process in one", "errno_of(c.syscall(56, 0x10000000 | 17, 0, 0, 0, 0))"},
      {"keys", "errno_of(c.syscall(250, 0, -3, 1, 0, 0))"},
      {"io_uring", "errno_of(c.syscall(425, 0, 0))"},  // EFAULT or EINVAL otherwise
      {"memory of others", "errno_of(c.syscall(310, 999999, 0, 0, 0, 0, 0))"},
      {"shared memory", "errno_of(c.shmget(0, 4096, 0o1600))"},
      {"handles of files", "errno_of(c.syscall(303, -1, b'', 0, 0, 0))"},
      {"a process group",
       "pid = os.fork()\n"
       "if pid == 0: errno_of(c.setpgid(0, 0)); sys.stdout.flush(); os._exit(0)\n"
       "os.waitpid(pid, 0)"},
      {"a session",
       "pid = os.fork()\n"
       "if pid == 0: errno_of(c.setsid()); sys.stdout.flush(); os._exit(0)\n"
       "os.waitpid(pid, 0)"},
      {"the priority of others", "errno_of(c.setpriority(1, 0, 19))"},
      {"limits of others", "errno_of(c.prlimit(os.getpid(), 7, None, None))"},
      {"a socket", "errno_of(c.socket(2, 1, 0))"},
      {"a local socket", "errno_of(c.socket(1, 1, 0))"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.name);
    const std::string script = Calling(one.call);
    EXPECT_EQ(Run(script).output, kRefused);
    EXPECT_NE(Run(script, Without("filter")).output, kRefused);
  }
}

TEST_F(SandboxCallsTest, EverybodyAtOnceGetsNoSignal) {
  EXPECT_EQ(Run(Calling("errno_of(c.kill(-1, 0))")).output, "1\n");
  EXPECT_EQ(Run(Calling("errno_of(c.kill(0, 0))")).output, "0\n");
}

TEST_F(SandboxCallsTest, ThoseOfOtherArchitecturesEndIt) {
#ifndef __x86_64__
  GTEST_SKIP() << "this is about 32 bits on x86-64";
#endif
  // getpid by x32, which a filter of x86-64 alone would take for a call that it does not know.
  const Ran ran = Run(Calling("print(c.syscall(0x40000000 + 39))"));
  EXPECT_EQ(ran.exit_code, 128 + 31) << ran.output;  // SIGSYS
}

TEST_F(SandboxCallsTest, NetworkIsForWhoMayHaveIt) {
  How how;
  how.network = true;
  EXPECT_EQ(Run(Calling("errno_of(c.socket(2, 1, 0))"), how).output, "0\n");
  EXPECT_EQ(Run(Calling("errno_of(c.socket(10, 2, 0))"), how).output, "0\n");
  for (const char* family : {"0", "1", "16", "17", "38", "40"}) {
    SCOPED_TRACE(family);
    EXPECT_EQ(Run(Calling(absl::StrCat("errno_of(c.socket(", family, ", 1, 0))")), how).output,
              "1\n");
  }
}

TEST_F(SandboxCallsTest, LandlockRefusesTcpByItself) {
  if (LandlockVersion() < 4) GTEST_SKIP() << "Landlock knows no TCP here";
  const std::string script = Calling(
      "try: socket.create_connection(('127.0.0.1', 1), 5)\n"
      "except OSError as e: print(e.errno)");
  EXPECT_EQ(Run(script, Without("filter")).output, "13\n");  // EACCES
  How how = Without("filter");
  how.landlock = false;
  EXPECT_EQ(Run(script, how).output, "111\n");  // ECONNREFUSED
}

TEST_F(SandboxCallsTest, NoPrivilegesAreGained) {
  const std::string script = "#!/bin/sh\ngrep -E '^(NoNewPrivs|Seccomp):' /proc/self/status\n";
  EXPECT_EQ(Run(script, Without("landlock")).output, "NoNewPrivs:\t1\nSeccomp:\t2\n");
}

TEST_F(SandboxCallsTest, ItRunsAsItsUserWithoutGroups) {
  if (::geteuid() != 0) GTEST_SKIP() << "not root";
  const Ran ran = Run("#!/bin/sh\nid -u; id -G\n");
  EXPECT_EQ(ran.output, absl::StrCat(user_->uid, "\n", user_->gid, "\n"));
}

// What is not ordinary of a program: it hears nothing, has none of our files and variables.
TEST_F(SandboxCallsTest, ItBeginsWithNothingOfOurs) {
  ::setenv("POSTERN_SECRET_OF_TESTS", "hunter2", 1);
  const OpenFile ours(::open("/dev/null", O_RDONLY));  // not close-on-exec
  const Ran ran = Run(
      "#!/usr/bin/python3\nimport os, sys\n"
      "def is_open(fd):\n  try: os.fstat(fd); return True\n  except OSError: return False\n"
      "print([fd for fd in range(1000) if is_open(fd)], len(sys.stdin.read()))\n"
      "print(sorted(os.environ.items()))\nprint(len(sys.argv), os.path.basename(sys.argv[1]))\n");
  EXPECT_THAT(ran.output, HasSubstr("[0, 1, 2, 3] 0\n"));
  EXPECT_THAT(ran.output, HasSubstr("('NAME', 'value')"));
  EXPECT_THAT(ran.output, ::testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(ran.output, HasSubstr("2 message.eml\n"));
  ::unsetenv("POSTERN_SECRET_OF_TESTS");
}

}  // namespace
}  // namespace postern::runner
