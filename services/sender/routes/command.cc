#include "services/sender/routes/command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace postern::sender {
namespace {

namespace asio = boost::asio;

constexpr char kPath[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

absl::Status Ended(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  if (WIFEXITED(status)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the command ended with status ", WEXITSTATUS(status)));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the command was ended by signal ", WTERMSIG(status)));
}

// A child that is waited for; one that is left is killed, with all that it started.
class Child {
 public:
  static absl::StatusOr<Child> Start(Command command);
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), watch_(std::exchange(other.watch_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (watch_ >= 0) ::close(watch_);
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);  // at once: it was killed
  }

  // Whether it has ended; then `status()` tells how.
  bool HasEnded() {
    if (pid_ <= 0) return true;
    const pid_t ended = ::waitpid(pid_, &status_, WNOHANG);
    if (ended == 0) return false;
    if (ended < 0) status_ = 1 << 8;  // somebody else heard how; for us it failed
    pid_ = -1;
    return true;
  }
  int status() const { return status_; }
  // It goes on without us.
  void Leave() { pid_ = -1; }
  // Becomes readable when the child ends; whoever takes it closes it.
  int TakeWatch() { return std::exchange(watch_, -1); }

 private:
  Child(pid_t pid, int watch) : pid_(pid), watch_(watch) {}

  pid_t pid_;
  int watch_;
  int status_ = 0;
};

absl::StatusOr<Child> Child::Start(Command command) {
  command.environment.emplace_back(kPath);
  std::vector<char*> words = Pointers(command.words);
  std::vector<char*> environment = Pointers(command.environment);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  }
  ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  ::posix_spawn_file_actions_addchdir_np(&files, "/");
  posix_spawnattr_t how;
  ::posix_spawnattr_init(&how);
  sigset_t signals;
  ::sigfillset(&signals);
  ::posix_spawnattr_setsigdefault(&how, &signals);
  ::sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&how, &signals);
  ::posix_spawnattr_setpgroup(&how, 0);
  ::posix_spawnattr_setflags(
      &how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, words.front(), &files, &how, words.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&how);
  if (error != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the command could not be started: ", words.front(), ": ", std::strerror(error)));
  }
  // glibc 2.36 declares pidfd_open for C alone.
  Child child(pid, static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (child.watch_ < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the command can't be waited for: ", std::strerror(errno)));
  }
  return child;
}

net::Task<absl::Status> AwaitEnd(Child& child) {
  asio::posix::stream_descriptor watch(co_await asio::this_coro::executor, child.TakeWatch());
  while (!child.HasEnded()) {
    const auto [error] = co_await watch.async_wait(asio::posix::stream_descriptor::wait_read,
                                                   asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  }
  co_return Ended(child.status());
}

}  // namespace

net::Task<absl::Status> RunCommand(Command command, net::Duration limit) {
  auto child = Child::Start(std::move(command));
  if (!child.ok()) co_return child.status();
  co_return co_await net::WithDeadline(limit, AwaitEnd(*child));
}

net::Task<absl::Status> RunLastCommand(Command command, net::Duration patience) {
  auto child = Child::Start(std::move(command));
  if (!child.ok()) co_return child.status();
  absl::Status ended = co_await net::WithDeadline(patience, AwaitEnd(*child));
  if (absl::IsDeadlineExceeded(ended)) child->Leave();
  co_return ended;
}

}  // namespace postern::sender
