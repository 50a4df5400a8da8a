#include "lib/net/server_stream.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/listen.h"
#include "lib/net/tcp_dialer.h"
#include "tests/support/await.h"

namespace postern::net {
namespace {

using boost::asio::ip::tcp;
using testing::Await;
using namespace std::chrono_literals;

std::string MakeFolder() {
  char folder[] = "/tmp/postern-server-tls-XXXXXX";
  const std::string made = ::mkdtemp(folder);
  const std::string make =
      "cd " + made +
      " && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj"
      " /CN=localhost -addext subjectAltName=DNS:localhost"
      " && openssl genrsa -out other.pem 2048"
      " && openssl rsa -in key.pem -aes128 -passout pass:x -out sealed.pem && echo no > no.pem";
  EXPECT_EQ(std::system(("(" + make + ") >/dev/null 2>&1").c_str()), 0);
  return made;
}

const std::string& Folder() {
  static const auto& folder = *new std::string(MakeFolder());
  return folder;
}

std::shared_ptr<const ServerTls> Tls() {
  auto tls = ServerTls::FromFiles(Folder() + "/cert.pem", Folder() + "/key.pem");
  EXPECT_TRUE(tls.ok()) << tls.status();
  return std::make_shared<const ServerTls>(*std::move(tls));
}

class ServerStreamTest : public ::testing::Test {
 protected:
  using Serve = std::function<Task<void>(ServerStream&)>;

  // Serves one client, on the same thread as the client.
  void Play(Serve serve) {
    boost::asio::co_spawn(io_, Accept(acceptor_, std::move(serve)), boost::asio::detached);
  }
  static Task<void> Accept(tcp::acceptor& acceptor, Serve serve) {
    tcp::socket socket = co_await acceptor.async_accept(boost::asio::use_awaitable);
    ServerStream stream(std::move(socket), Tls(), {});
    co_await serve(stream);
    co_await EndsWithin(2s, stream.Finish());
  }
  absl::StatusOr<std::unique_ptr<ByteStream>> Dial(bool tls) {
    const uint16_t port = acceptor_.local_endpoint().port();
    DialerOptions options;
    options.allow_hosts = {absl::StrCat("*:", port)};
    options.tls_ca_file = Folder() + "/cert.pem";
    dialer_ = *TcpDialer::Create(io_.get_executor(), options);
    return Await(io_, dialer_->Dial(Endpoint{"localhost", port, tls}));
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_ = *Listen(io_.get_executor(), "127.0.0.1:0");
  std::unique_ptr<TcpDialer> dialer_;
};

Task<void> Echo(ServerStream& stream) {
  EXPECT_TRUE((co_await stream.StartTls("client")).ok());
  EXPECT_TRUE(stream.IsEncrypted());
  const auto line = co_await stream.ReadLine();
  EXPECT_TRUE(line.ok());
  if (line.ok()) co_await stream.Write(absl::StrCat(*line, "\r\n"));
}

TEST_F(ServerStreamTest, SpeaksTlsFromTheFirstByte) {
  Play(Echo);
  auto client = Dial(true);
  ASSERT_TRUE(client.ok()) << client.status();
  const std::string long_line(50'000, 'x');
  ASSERT_TRUE(Await(io_, (*client)->Write(long_line + "\r\n")).ok());
  EXPECT_EQ(*Await(io_, (*client)->ReadLine()), long_line);
  EXPECT_FALSE(Await(io_, (*client)->ReadLine()).ok());  // closed behind it
}

Task<void> Upgrade(ServerStream& stream) {
  EXPECT_EQ(*co_await stream.ReadLine(), "STARTTLS");
  EXPECT_FALSE(stream.IsEncrypted());
  co_await stream.Write("OK\r\n");
  co_await Echo(stream);
}

TEST_F(ServerStreamTest, StartsTlsInTheMidst) {
  Play(Upgrade);
  auto client = Dial(false);
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE(Await(io_, (*client)->Write("STARTTLS\r\n")).ok());
  EXPECT_EQ(*Await(io_, (*client)->ReadLine()), "OK");
  ASSERT_TRUE(Await(io_, (*client)->StartTls("localhost")).ok());
  ASSERT_TRUE(Await(io_, (*client)->Write("hi\r\n")).ok());
  EXPECT_EQ(*Await(io_, (*client)->ReadLine()), "hi");
}

Task<void> ExpectInjection(ServerStream& stream) {
  EXPECT_EQ(*co_await stream.ReadLine(), "STARTTLS");
  const absl::Status started = co_await stream.StartTls("client");
  EXPECT_EQ(started.code(), absl::StatusCode::kDataLoss) << started;
  EXPECT_FALSE(stream.IsEncrypted());
}

TEST_F(ServerStreamTest, WhatCameInTheClearIsNotTakenForPartOfTheSession) {
  Play(ExpectInjection);
  auto client = Dial(false);
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE(Await(io_, (*client)->Write("STARTTLS\r\nDELETESCRIPT \"a\"\r\n")).ok());
  EXPECT_FALSE(Await(io_, (*client)->ReadLine()).ok());
}

Task<void> Bid(ServerStream& stream) { co_await stream.Write("BYE\r\n"); }

// The client has sent what nobody reads; it hears what it was told all the same.
TEST_F(ServerStreamTest, TheLastWordArrives) {
  Play(Bid);
  auto client = Dial(false);
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE(Await(io_, (*client)->Write(std::string(20'000, 'x'))).ok());
  EXPECT_EQ(*Await(io_, (*client)->ReadLine()), "BYE");
}

TEST(ServerTls, SaysWhichFileIsOfNoUse) {
  const struct {
    const char* certificate;
    const char* key;
    const char* names;
  } cases[] = {
      {"gone.pem", "key.pem", "gone.pem: No such file or directory"},
      {"no.pem", "key.pem", "no.pem: "},
      {"cert.pem", "gone.pem", "gone.pem: No such file or directory"},
      {"cert.pem", "other.pem", "other.pem: key values mismatch"},
      {"cert.pem", "sealed.pem", "sealed.pem: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.names);
    const auto tls = ServerTls::FromFiles(absl::StrCat(Folder(), "/", c.certificate),
                                          absl::StrCat(Folder(), "/", c.key));
    EXPECT_EQ(tls.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(tls.status().message(), c.names)) << tls.status();
  }
  std::filesystem::remove_all(Folder());
}

TEST(Listen, SaysWhatIsWrongWithAnAddress) {
  boost::asio::io_context io;
  for (const char* address : {"", "4190", "localhost:4190", "127.0.0.1:", "127.0.0.1:70000"}) {
    SCOPED_TRACE(address);
    EXPECT_EQ(Listen(io.get_executor(), address).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  auto first = Listen(io.get_executor(), "[::1]:0");
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string same = absl::StrCat("[::1]:", first->local_endpoint().port());
  EXPECT_EQ(Listen(io.get_executor(), same).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace postern::net
