#include "tests/support/redis_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

namespace postern::testing {
namespace {

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "redis for tests: %s\n", what);
  std::abort();
}

// Redis answers on the socket with +PONG once its data is loaded.
bool Answers(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  char reply[5] = {};
  const bool ok = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                  ::write(fd, "PING\r\n", 6) == 6 && ::read(fd, reply, sizeof reply) == 5 &&
                  std::memcmp(reply, "+PONG", 5) == 0;
  ::close(fd);
  return ok;
}

}  // namespace

RedisServer::RedisServer() {
  ::signal(SIGPIPE, SIG_IGN);  // as every Postern process does
  char directory[] = "/tmp/postern-redis-XXXXXX";
  if (!::mkdtemp(directory)) Fail("no temporary folder");
  directory_ = directory;
  url_ = "unix://" + directory_ + "/redis.sock";
  Start();
}

RedisServer::~RedisServer() {
  Kill();
  std::filesystem::remove_all(directory_);
}

void RedisServer::Start() {
  const std::string socket = directory_ + "/redis.sock";
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    "0",
                                    "--unixsocket",
                                    socket,
                                    "--dir",
                                    directory_,
                                    "--appendonly",
                                    "yes",
                                    "--appendfsync",
                                    "always",
                                    "--save",
                                    "",
                                    "--logfile",
                                    directory_ + "/log"};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    // Dies with the test, and holds none of its pipes open if it doesn't.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (int fd : {0, 1, 2}) ::dup2(nowhere, fd);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  for (int i = 0; i < 1000; ++i) {
    if (Answers(socket)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Fail("redis-server does not answer; is it installed?");
}

void RedisServer::Kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Restart() {
  Kill();
  Start();
}

}  // namespace postern::testing
