#include "lib/process/private_redis.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"

namespace postern::process {

using namespace std::chrono_literals;

namespace {

constexpr size_t kMaxSocketPath = 107;

absl::Status Refuse(const std::string& directory, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("--data-dir ", directory, ": ", why));
}

bool IsRedisServer(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/comm"));
  std::string name;
  return std::getline(file, name) && absl::StartsWith(name, "redis-server");
}

}  // namespace

absl::StatusOr<std::unique_ptr<PrivateRedis>> PrivateRedis::Start(
    boost::asio::any_io_executor executor, const std::string& data_dir) {
  std::error_code error;
  const std::string directory = std::filesystem::absolute(data_dir, error).string();
  std::filesystem::create_directories(directory + "/redis", error);
  if (error) return Refuse(directory, error.message());
  ::chmod(directory.c_str(), 0700);
  if (directory.size() + sizeof "/redis.sock" > kMaxSocketPath) {
    return Refuse(directory, "the path is too long for a socket; choose a shorter one");
  }
  const int lock = ::open((directory + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock < 0) return Refuse(directory, std::strerror(errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Refuse(directory, "another postern is using this folder");
  }
  std::unique_ptr<PrivateRedis> redis(new PrivateRedis(executor, directory, lock));
  redis->AwaitPredecessor();
  if (auto s = redis->Spawn(); !s.ok()) return s;
  redis->tasks_.Spawn("private redis", redis->Supervise());
  return redis;
}

PrivateRedis::PrivateRedis(boost::asio::any_io_executor executor, std::string directory, int lock)
    : directory_(std::move(directory)), lock_(lock), tasks_(executor) {}

PrivateRedis::~PrivateRedis() {
  Stop();
  ::close(lock_);
}

std::string PrivateRedis::url() const { return absl::StrCat("unix://", directory_, "/redis.sock"); }

// A redis-server whose postern was killed is told to end by the kernel, but may
// still be at it: two must never write the same files.
void PrivateRedis::AwaitPredecessor() const {
  std::ifstream file(directory_ + "/redis.pid");
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 0) return;
  for (int i = 0; i < 1000 && IsRedisServer(pid); ++i) {
    if (i == 0) ::kill(pid, SIGTERM);
    std::this_thread::sleep_for(10ms);
  }
}

// Ours, not redis-server's --pidfile: that one is gone before its process is.
void PrivateRedis::RecordPid() const {
  const std::string path = directory_ + "/redis.pid";
  std::ofstream(path + ".new") << pid_ << "\n";
  std::error_code ignored;
  std::filesystem::rename(path + ".new", path, ignored);
}

absl::Status PrivateRedis::Spawn() {
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    "0",
                                    "--unixsocket",
                                    directory_ + "/redis.sock",
                                    "--unixsocketperm",
                                    "700",
                                    "--dir",
                                    directory_ + "/redis",
                                    "--appendonly",
                                    "yes",
                                    "--appendfsync",
                                    "always",
                                    "--auto-aof-rewrite-min-size",
                                    "512mb",  // rewriting takes a core and the disk from the queue
                                    "--save",
                                    "",
                                    "--maxmemory-policy",
                                    "noeviction",
                                    "--logfile",
                                    directory_ + "/redis.log",
                                    "--daemonize",
                                    "no"};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int report[2];  // closed by a successful exec; else carries errno
  if (::pipe2(report, O_CLOEXEC) != 0) return Refuse(directory_, std::strerror(errno));
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::setpgid(0, 0);  // Ctrl-C is for us; we end it in our own time
    // Asio's sockets are not close-on-exec: a child that held them would keep
    // connections open that we closed long ago.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execvp(argv[0], argv.data());
    const int error = errno;
    [[maybe_unused]] const ssize_t n = ::write(report[1], &error, sizeof error);
    ::_exit(127);
  }
  ::close(report[1]);
  int error = 0;
  const bool failed = pid < 0 || ::read(report[0], &error, sizeof error) == sizeof error;
  ::close(report[0]);
  if (failed) {
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    return Refuse(directory_, absl::StrCat("redis-server could not be started: ",
                                           std::strerror(pid < 0 ? errno : error)));
  }
  pid_ = pid;
  RecordPid();
  return absl::OkStatus();
}

net::Task<void> PrivateRedis::Supervise() {
  for (;;) {
    co_await net::Sleep(100ms);
    int status = 0;
    if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) != pid_) continue;
    log::Warn("redis-server ended; starting it again", {{"status", status}});
    pid_ = -1;
    if (auto s = Spawn(); !s.ok()) log::Error("redis-server", {{"error", s.message()}});
  }
}

void PrivateRedis::Stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 500 && ::waitpid(pid_, nullptr, WNOHANG) != pid_; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  pid_ = -1;
}

}  // namespace postern::process
