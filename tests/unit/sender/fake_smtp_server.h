#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::testing {

// A small SMTP server on loopback that answers as a test wants.
class FakeSmtpServer {
 public:
  explicit FakeSmtpServer(boost::asio::io_context& io)
      : acceptor_(io, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    // Little fits between us and a sender whose mail we don't read.
    acceptor_.set_option(boost::asio::socket_base::receive_buffer_size(4096));
    boost::asio::co_spawn(io, Listen(), boost::asio::detached);
  }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  // What to answer to commands that begin so; "." is the end of a mail. "" is silence.
  std::map<std::string, std::string> answers = {{"EHLO", "250-fake\r\n250 AUTH PLAIN"},
                                                {"AUTH", "235 ok"},
                                                {"MAIL", "250 ok"},
                                                {"RCPT", "250 ok"},
                                                {"DATA", "354 go"},
                                                {".", "250 queued"},
                                                {"QUIT", "221 bye"}};
  // The same, for the next such command alone.
  std::map<std::string, std::string> next_answers;
  // Those that met silence are answered after all.
  void Wake() { awake = true; }
  bool reads_content = true;          // else a mail's sender can't go on behind DATA
  std::vector<std::string> mails;     // contents taken, dots unstuffed no further
  std::vector<std::string> commands;  // all, in order

 private:
  using Socket = boost::asio::ip::tcp::socket;

  boost::asio::awaitable<void> Listen() {
    for (;;) {
      Socket socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      boost::asio::co_spawn(acceptor_.get_executor(), Serve(std::move(socket)),
                            boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> Serve(Socket socket) {
    std::string buffer, content;
    bool in_data = false;
    std::string out = "220 fake\r\n";
    for (;;) {
      co_await boost::asio::async_write(socket, boost::asio::buffer(out),
                                        boost::asio::use_awaitable);
      out.clear();
      boost::asio::steady_timer pause(socket.get_executor());
      while (in_data && !reads_content) {
        pause.expires_after(std::chrono::milliseconds(10));
        co_await pause.async_wait(boost::asio::use_awaitable);
      }
      const size_t n = co_await boost::asio::async_read_until(
          socket, boost::asio::dynamic_buffer(buffer), "\r\n", boost::asio::use_awaitable);
      const std::string line = buffer.substr(0, n - 2);
      buffer.erase(0, n);
      if (in_data && line != ".") {
        content += line + "\n";
        continue;
      }
      commands.push_back(line);
      out = Answer(line);
      while (out.empty() && !in_data) {  // silence, until Wake()
        pause.expires_after(std::chrono::milliseconds(10));
        co_await pause.async_wait(boost::asio::use_awaitable);
        if (awake) out = Answer(line);
      }
      in_data = !in_data && absl::StartsWith(out, "354");
      if (line == "." && absl::StartsWith(out, "250")) mails.push_back(content);
      if (line == ".") content.clear();
    }
  }

  bool awake = false;

  std::string Answer(const std::string& line) {
    for (auto one = next_answers.begin(); one != next_answers.end(); ++one) {
      if (!absl::StartsWith(line, one->first)) continue;
      const std::string answer = one->second + "\r\n";
      next_answers.erase(one);
      return answer;
    }
    // The longest prefix comes last.
    for (auto one = answers.rbegin(); one != answers.rend(); ++one) {
      const auto& [prefix, answer] = *one;
      if (absl::StartsWith(line, prefix)) return answer.empty() ? "" : answer + "\r\n";
    }
    return "500 what?\r\n";
  }

  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace postern::testing
