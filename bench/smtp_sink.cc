// A mail server that takes everything, and tells one mail from another by its Message-ID.
//
//   bench_smtp_sink PORT LOG
//
// Offers PIPELINING, 8BITMIME and SIZE. Commands come on standard input, each is answered by
// one line:
//
//   stat     mails, of which different ones, connections so far
//   flush    LOG is complete
//
// LOG gets "MESSAGE_ID NANOSECONDS" (CLOCK_MONOTONIC) when the final dot of a mail has come,
// before it is answered.
#include <time.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace postern::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr size_t kLogBytes = 64 << 20;  // kept until `flush`: a disk that is busy delays nothing

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

class Record {
 public:
  explicit Record(const char* path) : log_(std::fopen(path, "w")) {
    if (!log_) std::perror(path), std::exit(1);
    std::setvbuf(log_, nullptr, _IOFBF, kLogBytes);
  }
  void Connected() { ++connections_; }
  void Took(absl::string_view message_id) {
    ++mails_;
    different_.insert(absl::HashOf(message_id));
    std::fprintf(log_, "%.*s %lld\n", static_cast<int>(message_id.size()), message_id.data(),
                 static_cast<long long>(Now()));
  }
  std::string Obey(absl::string_view command) {
    if (command == "flush") return std::fflush(log_) == 0 ? "ok" : "the log can't be written";
    if (command == "stat") return absl::StrCat(mails_, " ", different_.size(), " ", connections_);
    return "unknown";
  }

 private:
  FILE* const log_;
  absl::flat_hash_set<size_t> different_;
  uint64_t mails_ = 0, connections_ = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Record& record) : socket_(std::move(socket)), record_(record) {}
  void Start() {
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    out_ = "220 sink.test ESMTP\r\n";
    Write();
  }

 private:
  void Read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](auto error, size_t n) {
                              if (error) return;
                              self->in_.append(self->buffer_.data(), n);
                              self->Work();
                            });
  }

  // Takes all whole lines, then writes all answers at once.
  void Work() {
    size_t at = 0;
    for (size_t end; (end = in_.find("\r\n", at)) != std::string::npos; at = end + 2) {
      Line(absl::string_view(in_).substr(at, end - at));
    }
    in_.erase(0, at);
    out_.empty() ? Read() : Write();
  }

  void Line(absl::string_view line) {
    if (in_data_) return DataLine(line);
    if (absl::StartsWithIgnoreCase(line, "EHLO")) {
      out_ += "250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n";
    } else if (absl::EqualsIgnoreCase(line, "DATA")) {
      in_data_ = in_header_ = true;
      message_id_.clear();
      out_ += "354 go on\r\n";
    } else if (absl::EqualsIgnoreCase(line, "QUIT")) {
      out_ += "221 bye\r\n";
      over_ = true;
    } else {
      out_ += "250 ok\r\n";
    }
  }

  void DataLine(absl::string_view line) {
    if (line == ".") {
      in_data_ = false;
      record_.Took(message_id_);
      out_ += "250 ok\r\n";
    } else if (line.empty()) {
      in_header_ = false;
    } else if (in_header_ && absl::StartsWithIgnoreCase(line, "Message-ID: ")) {
      message_id_ = std::string(line.substr(12));
      if (message_id_.front() == '<') message_id_ = message_id_.substr(1, message_id_.size() - 2);
    }
  }

  void Write() {
    asio::async_write(socket_, asio::buffer(out_), [self = shared_from_this()](auto error, size_t) {
      self->out_.clear();
      if (!error && !self->over_) self->Read();
    });
  }

  tcp::socket socket_;
  Record& record_;
  std::array<char, 65536> buffer_;
  std::string in_, out_, message_id_;
  bool in_data_ = false, in_header_ = false, over_ = false;
};

class Sink {
 public:
  Sink(asio::io_context& io, uint16_t port, Record& record)
      : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), port)),
        commands_(io, ::dup(0)),
        record_(record) {}
  void Start() {
    Accept();
    Obey();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](auto error, tcp::socket socket) {
      if (!error) {
        record_.Connected();
        std::make_shared<Connection>(std::move(socket), record_)->Start();
      }
      Accept();
    });
  }
  void Obey() {
    asio::async_read_until(commands_, said_, '\n', [this](auto error, size_t) {
      if (error) std::_Exit(0);
      std::istream lines(&said_);
      std::string line;
      std::getline(lines, line);
      std::cout << record_.Obey(line) << std::endl;
      Obey();
    });
  }

  tcp::acceptor acceptor_;
  asio::posix::stream_descriptor commands_;
  asio::streambuf said_;
  Record& record_;
};

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  using namespace postern::bench;
  if (argc != 3) {
    std::cerr << "usage: bench_smtp_sink PORT LOG\n";
    return 2;
  }
  boost::asio::io_context io;
  Record record(argv[2]);
  Sink sink(io, static_cast<uint16_t>(std::atoi(argv[1])), record);
  sink.Start();
  io.run();
}
