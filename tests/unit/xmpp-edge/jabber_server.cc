#include "tests/unit/xmpp-edge/jabber_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace postern::testing {

namespace {

constexpr char kProsody[] = "/usr/bin/prosody";

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

bool Answers(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port);
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(fd);
  return result == 0;
}

}  // namespace

bool JabberServer::Installed() { return access(kProsody, X_OK) == 0; }

JabberServer::JabberServer() {
  char name[] = "/tmp/postern-jabber-XXXXXX";
  directory_ = mkdtemp(name);
  port_ = FreePort();
  std::ofstream(directory_ + "/prosody.cfg.lua")
      << "run_as_root = true\nuse_libevent = false\n"
      << "data_path = '" << directory_ << "/data'\n"
      << "log = { info = '" << directory_ << "/log' }\n"
      << "modules_disabled = { 's2s', 'c2s', 'posix', 'tls' }\n"
      << "component_ports = { " << port_ << " }\ncomponent_interfaces = { '127.0.0.1' }\n"
      << "VirtualHost 'localhost'\n"
      << "Component 'mail.localhost'\n  component_secret = 'sesame'\n"
      << "Component 'news.localhost'\n  component_secret = 'sesame'\n";
  std::filesystem::create_directory(directory_ + "/data");
  Start();
}

JabberServer::~JabberServer() {
  Kill();
  std::filesystem::remove_all(directory_);
}

void JabberServer::Start() {
  pid_ = fork();
  if (pid_ == 0) {
    const int log = open((directory_ + "/out").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, 1);
    dup2(log, 2);
    execl(kProsody, kProsody, "-F", "--config", (directory_ + "/prosody.cfg.lua").c_str(), nullptr);
    _exit(127);
  }
  for (int tries = 0; tries < 500 && !Answers(port_); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void JabberServer::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void JabberServer::Freeze() { kill(pid_, SIGSTOP); }
void JabberServer::Thaw() { kill(pid_, SIGCONT); }

}  // namespace postern::testing
