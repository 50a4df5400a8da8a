#include "services/runner/sandbox/child.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace postern::runner {
namespace {

// What the child says when it can't become the program.
struct Failure {
  char step[32];
  int error;
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The child between fork and exec. Our process has more threads than one, so here is nothing
// but system calls: no memory is asked for, no lock is taken.
class Becoming {
 public:
  Becoming(const Launch& launch, char** words, char** environment, int report, pid_t parent)
      : launch_(launch),
        words_(words),
        environment_(environment),
        report_(report),
        parent_(parent) {}

  [[noreturn]] void Go() {
    if (::setsid() < 0) Fail("setsid");
    ResetSignals();
    TakeFiles();
    SetLimits();
    BecomeUser();
    // Behind the change of user, which unsets it. We may have ended before it was set.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) Fail("PR_SET_PDEATHSIG");
    if (::getppid() != parent_) ::_exit(127);
    Confine();
    ::syscall(SYS_execveat, executable_, "", words_, environment_, AT_EMPTY_PATH);
    Fail("exec");
  }

 private:
  [[noreturn]] void Fail(const char* step) {
    Failure failure{};
    failure.error = errno;
    std::strncpy(failure.step, step, sizeof failure.step - 1);
    [[maybe_unused]] const ssize_t n = ::write(report_, &failure, sizeof failure);
    ::_exit(127);
  }

  static void ResetSignals() {
    struct sigaction normal {};
    normal.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &normal, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  // 0, 1 and 2, the program at 3, and our way to tell what failed, which exec closes.
  void TakeFiles() {
    constexpr int kAbove = 10;
    const int output = ::fcntl(launch_.output, F_DUPFD, kAbove);
    const int errors = ::fcntl(launch_.errors, F_DUPFD, kAbove);
    const int program = ::fcntl(launch_.executable, F_DUPFD, kAbove);
    const int report = ::fcntl(report_, F_DUPFD_CLOEXEC, kAbove);
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (output < 0 || errors < 0 || program < 0 || report < 0 || nothing < 0) Fail("files");
    report_ = report;
    if (::fchdir(launch_.folder) != 0) Fail("its folder");
    if (launch_.ruleset >= 0) {
      ruleset_ = ::fcntl(launch_.ruleset, F_DUPFD_CLOEXEC, kAbove);
      if (ruleset_ < 0) Fail("files");
    }
    if (::dup2(nothing, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(errors, 2) < 0 ||
        ::dup2(program, executable_) < 0) {
      Fail("files");
    }
    // Asio's sockets and gRPC's are not all close-on-exec.
    if (::syscall(SYS_close_range, executable_ + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
      Fail("close_range");
    ::umask(077);
  }

  void Limit(__rlimit_resource what, uint64_t soft, uint64_t hard) {
    const rlimit limit{soft, hard};
    if (::setrlimit(what, &limit) != 0) Fail("setrlimit");
  }
  void SetLimits() {
    const Limits& limits = launch_.limits;
    Limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1);
    Limit(RLIMIT_AS, limits.memory_bytes, limits.memory_bytes);
    Limit(RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes);
    Limit(RLIMIT_NOFILE, limits.open_files, limits.open_files);
    Limit(RLIMIT_NPROC, limits.processes, limits.processes);
    Limit(RLIMIT_CORE, 0, 0);
    Limit(RLIMIT_MSGQUEUE, 0, 0);
    Limit(RLIMIT_MEMLOCK, 0, 0);
    ::setpriority(PRIO_PROCESS, 0, kNice);  // mail goes first
  }

  void BecomeUser() {
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!launch_.user) return;
    const User user = *launch_.user;
    // The plain calls: those of the library tell other threads, and there are none here.
    if (::syscall(SYS_setgroups, 0, nullptr) != 0) Fail("setgroups");
    if (::syscall(SYS_setresgid, user.gid, user.gid, user.gid) != 0) Fail("setresgid");
    if (::syscall(SYS_setresuid, user.uid, user.uid, user.uid) != 0) Fail("setresuid");
  }

  void Confine() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) Fail("PR_SET_NO_NEW_PRIVS");
    if (ruleset_ >= 0 && ::syscall(SYS_landlock_restrict_self, ruleset_, 0) != 0) Fail("Landlock");
    if (launch_.filter.empty()) return;
    sock_fprog program{};
    program.len = static_cast<unsigned short>(launch_.filter.size());
    program.filter = const_cast<sock_filter*>(launch_.filter.data());  // it is only read
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) Fail("seccomp");
  }

  static constexpr int kNice = 10;
  static constexpr int executable_ = 3;
  const Launch& launch_;
  char** const words_;
  char** const environment_;
  int report_;
  int ruleset_ = -1;
  const pid_t parent_;
};

absl::Status NotStarted(absl::string_view step, int error) {
  return absl::InternalError(
      absl::StrCat("runner: the program could not be started: ", step, ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<Child> Child::Start(Launch launch) {
  std::vector<char*> words = Pointers(launch.words);
  std::vector<char*> environment = Pointers(launch.environment);
  int ends[2];  // closed by a successful exec
  if (::pipe2(ends, O_CLOEXEC) != 0) return NotStarted("pipe", errno);
  const OpenFile reading(ends[0]);
  OpenFile writing(ends[1]);
  Becoming becoming(launch, words.data(), environment.data(), writing.fd(), ::getpid());
  const pid_t pid = ::fork();
  if (pid == 0) becoming.Go();
  if (pid < 0) return NotStarted("fork", errno);
  writing.Close();
  // glibc 2.36 declares pidfd_open for C alone.
  OpenFile watch(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const int watch_error = errno;
  Child child(pid, std::move(watch));
  Failure failure{};
  ssize_t told = 0;
  do {
    told = ::read(reading.fd(), &failure, sizeof failure);
  } while (told < 0 && errno == EINTR);
  if (told == sizeof failure) return NotStarted(failure.step, failure.error);
  if (!child.watch_.ok()) return NotStarted("pidfd_open", watch_error);
  return child;
}

Child::~Child() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // when it was not yet at the head of its group
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Child::HasEnded() const {
  if (pid_ <= 0) return true;
  siginfo_t info{};
  // Left unreaped: until then nobody else gets its number, nor its group's.
  return ::waitid(P_PID, pid_, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid_;
}

void Child::Signal(int number) const {
  if (pid_ > 0) ::kill(-pid_, number);
}

Child::Ended Child::Conclude() {
  // One blow is enough: a fork that is under way sees the signal, and is none.
  Signal(SIGKILL);
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(pid_, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  group_ = std::exchange(pid_, -1);
  if (reaped < 0) return {};  // somebody else heard how
  if (WIFEXITED(status)) return {WEXITSTATUS(status), false};
  return {128 + WTERMSIG(status), true};
}

bool Child::IsGone() {
  // As the first process of a container we are the parent of what it left.
  while (::waitpid(-group_, nullptr, WNOHANG) > 0) {
  }
  return ::kill(-group_, 0) != 0 && errno == ESRCH;
}

}  // namespace postern::runner
