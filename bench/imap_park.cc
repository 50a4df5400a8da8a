// A mail server for tens of thousands of idle clients, all made up: IMAP over TLS, one
// thread, a few KiB beside OpenSSL's own for each session.
//
//   bench_imap_park CERT KEY PORT LOG ACCOUNTS MAILS BYTES HOST...
//
// user0 to userN@park.test have MAILS mails of BYTES each; any password is right. It listens
// on PORT of each HOST, for one address has no more than 28,000 ports for its clients.
// Commands come on standard input, each is answered by one line:
//
//   stat                            sessions, idle, logins, bodies
//   add ACCOUNT COUNT               new mails, told with one EXISTS
//   rate PER_SECOND SECONDS FROM TO mails for accounts FROM to TO, chosen and timed at random
//   flush                           LOG is complete
//
// LOG gets "ACCOUNT.UID@park.test NANOSECONDS" (CLOCK_MONOTONIC) just before EXISTS is written.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <sstream>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "bench/park_connection.h"

namespace postern::bench {
namespace {

constexpr size_t kLogBytes = 64 << 20;   // kept until `flush`: a disk that is busy delays nothing
constexpr uint32_t kLoggedAtOnce = 100;  // of an `add`; more are told of, not timed

[[noreturn]] void Fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

class Park {
 public:
  Park(const char* certificate, const char* key, const char* log, int accounts, uint32_t mails,
       uint32_t bytes);
  void Listen(const char* host, uint16_t port);
  void Run();

 private:
  void Accept(int listener);
  void Watch(int fd, uint32_t events);
  // Reads and writes what can be, and closes a connection that is over.
  void Serve(ParkConnection& connection);
  void Close(int fd);
  void Note(ParkConnection& connection);
  void Add(int account, uint32_t count);
  void ReadCommands();
  std::string Obey(const std::string& line);
  std::string Stat() const;
  void Arrive();
  void SetTimer();

  const int epoll_ = epoll_create1(0);
  const int timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  SSL_CTX* const tls_ = SSL_CTX_new(TLS_server_method());
  FILE* const log_;
  std::vector<ParkMailbox> accounts_;
  std::vector<std::vector<ParkConnection*>> open_;  // of each account
  absl::flat_hash_map<int, std::unique_ptr<ParkConnection>> connections_;
  absl::flat_hash_set<int> listeners_;
  uint64_t logins_ = 0, bodies_ = 0;
  std::string commands_;
  std::mt19937_64 random_{7};
  double per_second_ = 0;
  int first_ = 0, last_ = 0;
  int64_t next_ = 0, until_ = 0;
};

Park::Park(const char* certificate, const char* key, const char* log, int accounts, uint32_t mails,
           uint32_t bytes)
    : log_(std::fopen(log, "w")) {
  if (!log_) Fail(log);
  std::setvbuf(log_, nullptr, _IOFBF, kLogBytes);
  const bool usable = SSL_CTX_use_certificate_chain_file(tls_, certificate) == 1 &&
                      SSL_CTX_use_PrivateKey_file(tls_, key, SSL_FILETYPE_PEM) == 1;
  if (!usable) Fail("certificate");
  SSL_CTX_set_mode(tls_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                             SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(tls_, SSL_SESS_CACHE_OFF);
  for (int i = 0; i < accounts; ++i) accounts_.push_back({i, mails, std::max(bytes, kLeastMail)});
  open_.resize(accounts);
  Watch(STDIN_FILENO, EPOLLIN);
  Watch(timer_, EPOLLIN);
}

void Park::Watch(int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) Fail("epoll_ctl");
}

void Park::Listen(const char* host, uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host, &address.sin_addr);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Fail(host);
  if (listen(fd, 4096) != 0) Fail("listen");
  listeners_.insert(fd);
  Watch(fd, EPOLLIN);
}

void Park::Accept(int listener) {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_[fd] = std::make_unique<ParkConnection>(fd, tls_, accounts_);
    Watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  }
}

void Park::Close(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  if (found->second->known_as >= 0) {
    std::erase(open_[found->second->known_as], found->second.get());
  }
  connections_.erase(found);
}

void Park::Serve(ParkConnection& connection) {
  const uint64_t before = connection.session.bodies();
  const bool goes_on = connection.Pump();
  bodies_ += connection.session.bodies() - before;
  Note(connection);
  if (!goes_on) Close(connection.fd);
}

void Park::Note(ParkConnection& connection) {
  const int account = connection.session.account();
  if (account < 0 || connection.known_as == account) return;
  connection.known_as = account;
  open_[account].push_back(&connection);
  ++logins_;
}

void Park::Add(int account, uint32_t count) {
  ParkMailbox& mailbox = accounts_[account];
  const uint32_t before = mailbox.exists;
  mailbox.exists += count;
  const int64_t now = Now();
  for (uint32_t uid = before + 1; count <= kLoggedAtOnce && uid <= mailbox.exists; ++uid) {
    std::fprintf(log_, "%s %lld\n", MessageId(account, uid).c_str(), static_cast<long long>(now));
  }
  for (ParkConnection* connection : std::vector<ParkConnection*>(open_[account])) {
    if (!connection->session.idle() || !connection->session.HasNews()) continue;
    connection->session.TellNews(connection->out);
    Serve(*connection);
  }
}

// --- commands -----------------------------------------------------------------------

std::string Park::Stat() const {
  size_t idle = 0;
  for (const auto& [fd, connection] : connections_) idle += connection->session.idle();
  return absl::StrCat(connections_.size(), " ", idle, " ", logins_, " ", bodies_);
}

std::string Park::Obey(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "stat") return Stat();
  if (verb == "flush") {
    std::fflush(log_);
    return "ok";
  }
  if (verb == "add") {
    int account = -1;
    uint32_t count = 0;
    words >> account >> count;
    if (account < 0 || account >= static_cast<int>(accounts_.size())) return "no such account";
    Add(account, count);
    return "ok";
  }
  if (verb != "rate") return "unknown";
  double seconds = 0;
  words >> per_second_ >> seconds >> first_ >> last_;
  if (!words || per_second_ <= 0 || first_ < 0 || last_ < first_ ||
      last_ >= static_cast<int>(accounts_.size())) {
    return "what rate?";
  }
  next_ = Now();
  until_ = next_ + static_cast<int64_t>(seconds * 1e9);
  SetTimer();
  return "ok";
}

void Park::ReadCommands() {
  char buffer[4096];
  const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
  if (got <= 0) std::_Exit(0);  // who started us is gone
  commands_.append(buffer, got);
  for (size_t end; (end = commands_.find('\n')) != std::string::npos;) {
    std::puts(Obey(commands_.substr(0, end)).c_str());
    std::fflush(stdout);
    commands_.erase(0, end + 1);
  }
}

void Park::SetTimer() {
  itimerspec when{};
  if (next_ < until_) {
    when.it_value.tv_sec = next_ / 1'000'000'000;
    when.it_value.tv_nsec = next_ % 1'000'000'000;
  }
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
}

// Arrivals as people send them: each on its own, so that the gaps are exponential.
void Park::Arrive() {
  uint64_t expirations = 0;
  if (read(timer_, &expirations, sizeof expirations) < 0) return;
  std::exponential_distribution<double> gap(per_second_);
  std::uniform_int_distribution<int> who(first_, last_);
  for (const int64_t now = Now(); next_ <= now && next_ < until_;) {
    Add(who(random_), 1);
    next_ += static_cast<int64_t>(gap(random_) * 1e9) + 1;
  }
  SetTimer();
}

void Park::Run() {
  epoll_event events[256];
  for (;;) {
    const int count = epoll_wait(epoll_, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == STDIN_FILENO) {
        ReadCommands();
      } else if (fd == timer_) {
        Arrive();
      } else if (listeners_.contains(fd)) {
        Accept(fd);
      } else if (const auto found = connections_.find(fd); found != connections_.end()) {
        Serve(*found->second);
      }
    }
  }
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  using namespace postern::bench;
  if (argc < 9) {
    std::fputs("usage: bench_imap_park CERT KEY PORT LOG ACCOUNTS MAILS BYTES HOST...\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Park park(argv[1], argv[2], argv[4], std::atoi(argv[5]), std::atoi(argv[6]), std::atoi(argv[7]));
  for (int i = 8; i < argc; ++i) park.Listen(argv[i], static_cast<uint16_t>(std::atoi(argv[3])));
  park.Run();
}
