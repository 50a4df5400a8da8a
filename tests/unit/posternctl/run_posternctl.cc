#include "tests/unit/posternctl/run_posternctl.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace postern::posternctl {
namespace {

struct Pipe {
  int ends[2];
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  }
};

// Reads both until both are at their end.
void Drain(int out_fd, int err_fd, Finished& finished) {
  pollfd watched[] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}};
  std::string* const texts[] = {&finished.out, &finished.err};
  for (int open = 2; open > 0;) {
    ::poll(watched, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (watched[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t count = ::read(watched[i].fd, buffer, sizeof buffer);
      if (count > 0) {
        texts[i]->append(buffer, static_cast<size_t>(count));
      } else {
        ::close(watched[i].fd);
        watched[i].fd = -1;
        --open;
      }
    }
  }
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Finished RunPosternctl(std::vector<std::string> arguments, std::vector<std::string> environment) {
  arguments.insert(arguments.begin(), POSTERNCTL_BINARY);
  environment.push_back("TZ=UTC");
  Pipe out, err;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  auto argv = Pointers(arguments), envp = Pointers(environment);
  pid_t pid = -1;
  if (::posix_spawn(&pid, POSTERNCTL_BINARY, &actions, nullptr, argv.data(), envp.data()) != 0)
    throw std::runtime_error("posix_spawn " POSTERNCTL_BINARY);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out.ends[1]);
  ::close(err.ends[1]);
  Finished finished;
  Drain(out.ends[0], err.ends[0], finished);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status)) finished.status = WEXITSTATUS(status);
  return finished;
}

}  // namespace postern::posternctl
