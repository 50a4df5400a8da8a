#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/dial_error.h"
#include "lib/net/resolver.h"
#include "lib/net/tcp_dialer.h"
#include "tests/support/await.h"

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::Await;
using namespace std::chrono_literals;

// A blocking server on a thread of its own, with a certificate for localhost by
// a CA made for this run.
class TcpStreamTest : public ::testing::Test {
 protected:
  using Script = std::function<void(tcp::socket&)>;

  static void SetUpTestSuite() {
    char folder[] = "/tmp/postern-tls-XXXXXX";
    folder_ = ::mkdtemp(folder);
    const std::string make =
        "cd " + folder_ +
        " && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj "
        "/CN=CA"
        " && openssl req -newkey rsa:2048 -nodes -keyout key.pem -out req.pem -subj /CN=localhost"
        " && printf 'subjectAltName=DNS:localhost' > ext"
        " && openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        " -extfile ext -out cert.pem"
        " && openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform DER |"
        " openssl dgst -sha256 -binary > key.sha256"
        " && openssl x509 -in ca.pem -outform DER -out ca.der";
    ASSERT_EQ(std::system(("(" + make + ") >/dev/null 2>&1").c_str()), 0);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  ~TcpStreamTest() override {
    if (thread_.joinable()) thread_.join();
  }

  void Play(Script script) {
    thread_ = std::thread([this, script] {
      boost::system::error_code error;
      tcp::socket socket = acceptor_.accept(error);
      if (!error) try {
          script(socket);
        } catch (const std::exception&) {
        }
    });
  }

  absl::StatusOr<std::unique_ptr<ByteStream>> Dial(const std::string& host, bool tls,
                                                   bool trust = true) {
    DialerOptions options;
    options.allow_hosts = {"*:" + std::to_string(port())};
    options.line_bytes = 1000;
    if (trust) options.tls_ca_file = folder_ + "/ca.pem";
    dialer_ = *TcpDialer::Create(io_.get_executor(), options);
    return Await(io_, dialer_->Dial(Endpoint{host, port(), tls}));
  }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }

  static void ServeTls(tcp::socket& socket,
                       std::function<void(asio::ssl::stream<tcp::socket&>&)> f) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate_chain_file(folder_ + "/cert.pem");
    context.use_private_key_file(folder_ + "/key.pem", asio::ssl::context::pem);
    asio::ssl::stream<tcp::socket&> stream(socket, context);
    stream.handshake(asio::ssl::stream_base::server);
    f(stream);
  }

  static std::string folder_;
  asio::io_context io_, server_io_;
  tcp::acceptor acceptor_{server_io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread_;
  std::unique_ptr<TcpDialer> dialer_;
};

std::string TcpStreamTest::folder_;

// However an address is written, what it means is what is judged, before anybody connects; the
// port is one for mail.
TEST_F(TcpStreamTest, NoWayToWriteAnAddressLeadsInside) {
  const auto dialer = *TcpDialer::Create(io_.get_executor(), {});
  constexpr const char* kHosts[] = {
      "127.0.0.1",        "2130706433",    "0x7f000001",  "0x7f.1",    "0177.0.0.1",
      "017700000001",     "127.1",         "0",           "0.0.0.0",   "::1",
      "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "localhost", "169.254.169.254",
      "0xa9fea9fe",       "fd00:ec2::254", "100.64.0.1",  "10.1",      "64:ff9b::7f00:1"};
  for (const char* host : kHosts) {
    SCOPED_TRACE(host);
    const auto stream = Await(io_, dialer->Dial(Endpoint{host, 993, true}));
    EXPECT_EQ(stream.status().code(), absl::StatusCode::kPermissionDenied) << stream.status();
  }
}

TEST_F(TcpStreamTest, ACertificateIsForAHostOrOfNoUse) {
  for (const char* host : {"localhost", "localhost.example.org", "127.0.0.1", "fe80::1%1", ""}) {
    SCOPED_TRACE(host);
    if (thread_.joinable()) thread_.join();
    Play([](tcp::socket& s) { ServeTls(s, [](auto&) {}); });
    auto stream = Dial("localhost", false);
    ASSERT_TRUE(stream.ok()) << stream.status();
    const absl::Status secured = Await(io_, (*stream)->StartTls(host));
    EXPECT_EQ(secured.ok(), absl::string_view(host) == "localhost") << secured;
    stream->reset();
  }
}

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// What a mail server's domain may ask for; RFC 7672 section 3. The client trusts no CA here.
TEST_F(TcpStreamTest, CertificatesAreCheckedAsDnsSays) {
  const std::string key = Content(folder_ + "/key.sha256"), ca = Content(folder_ + "/ca.der");
  ASSERT_EQ(key.size(), 32u);
  const TlsaRecord own{3, 1, 1, key}, other{3, 1, 1, std::string(32, 'x')}, anchor{2, 0, 0, ca};
  const TlsaRecord useless{0, 1, 1, key};
  using By = TlsChecks::By;
  struct {
    const char* name;
    const char* host;
    TlsChecks checks;
    bool good;
  } const cases[] = {
      {"no checks", "localhost", {By::kNothing, {}, {}}, true},
      {"its key", "localhost", {By::kTlsa, {own}, {}}, true},
      {"its key, whatever the name", "elsewhere.example", {By::kTlsa, {own}, {}}, true},
      {"one of two keys", "localhost", {By::kTlsa, {other, own}, {}}, true},
      {"another key", "localhost", {By::kTlsa, {other}, {}}, false},
      {"no record of use", "localhost", {By::kTlsa, {useless}, {}}, false},
      {"its CA", "localhost", {By::kTlsa, {anchor}, {}}, true},
      {"its CA, another name", "elsewhere.example", {By::kTlsa, {anchor}, {}}, false},
      {"its CA, the domain's name", "mx.example", {By::kTlsa, {anchor}, {"localhost"}}, true},
  };
  DialerOptions options;
  options.allow_hosts = {"*:" + std::to_string(port())};
  dialer_ = *TcpDialer::Create(io_.get_executor(), options);
  const auto secure = [&](const char* host, std::shared_ptr<const TlsChecks> checks) {
    if (thread_.joinable()) thread_.join();
    Play([](tcp::socket& s) {
      ServeTls(s, [](auto& tls) { asio::write(tls, asio::buffer(std::string("hello\r\n"))); });
    });
    Target target{host, asio::ip::address_v4::loopback(), port(), std::move(checks)};
    auto stream = *Await(io_, dialer_->DialAddress(target));
    const absl::Status secured = Await(io_, stream->StartTls(host));
    if (secured.ok()) {
      EXPECT_EQ(*Await(io_, stream->ReadLine()), "hello");
    }
    return secured;
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status secured = secure(c.host, std::make_shared<const TlsChecks>(c.checks));
    EXPECT_EQ(secured.ok(), c.good) << secured;
    EXPECT_EQ(absl::IsFailedPrecondition(secured), !c.good) << secured;
  }
  // A session of one of these must not stand in for a certificate from a CA.
  EXPECT_FALSE(secure("localhost", nullptr).ok());
}

TEST_F(TcpStreamTest, ReadsLinesAndExactBytesInTheClear) {
  Play([](tcp::socket& s) {
    asio::write(s, asio::buffer(std::string("one\r\ntwo\nfive5tail\r\n")));
  });
  auto stream = Dial("localhost", false);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_FALSE((*stream)->IsEncrypted());
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "one");
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "two");
  EXPECT_EQ(*Await(io_, (*stream)->ReadExactly(5)), "five5");
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "tail");
  EXPECT_EQ(Await(io_, (*stream)->ReadLine()).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(TcpStreamTest, RefusesALineBeyondTheLimit) {
  Play([](tcp::socket& s) { asio::write(s, asio::buffer(std::string(5000, 'x'))); });
  auto stream = Dial("localhost", false);
  EXPECT_EQ(Await(io_, (*stream)->ReadLine()).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(TcpStreamTest, TakesALineAsLongAsItsLimit) {
  Play([](tcp::socket& s) {
    asio::write(s, asio::buffer(absl::StrCat(std::string(1000, 'x'), "\r\nnext\r\n")));
  });
  auto stream = Dial("localhost", false);
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), std::string(1000, 'x'));
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "next");
}

TEST_F(TcpStreamTest, ReadsALongLineInPieces) {
  const std::string line = std::string(25'000, 'x') + "\r";
  Play([&](tcp::socket& s) { asio::write(s, asio::buffer(absl::StrCat(line, "\r\nnext\r\n"))); });
  auto stream = Dial("localhost", false);
  std::string whole;
  for (bool ended = false; !ended;) {
    auto piece = Await(io_, (*stream)->ReadPiece(1001));
    ASSERT_TRUE(piece.ok()) << piece.status();
    EXPECT_LE(piece->bytes.size(), 1001u);
    whole += piece->bytes;
    ended = piece->ends_line;
  }
  EXPECT_EQ(whole, line);
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "next");
}

TEST_F(TcpStreamTest, SplitsNoLineEndBetweenTwoPieces) {
  Play([](tcp::socket& s) { asio::write(s, asio::buffer(std::string("abcd\r\nefghi\r\n"))); });
  auto stream = Dial("localhost", false);
  for (const auto& [bytes, ends_line] : std::vector<std::pair<std::string, bool>>{
           {"abc", false}, {"d", true}, {"efg", false}, {"hi", true}}) {
    auto piece = Await(io_, (*stream)->ReadPiece(3));
    ASSERT_TRUE(piece.ok()) << piece.status();
    EXPECT_EQ(piece->bytes, bytes);
    EXPECT_EQ(piece->ends_line, ends_line);
  }
}

TEST_F(TcpStreamTest, ACancelledReadLosesNothing) {
  std::atomic<bool> go = false;
  Play([&](tcp::socket& s) {
    asio::write(s, asio::buffer(std::string("hal")));
    while (!go) std::this_thread::sleep_for(1ms);
    asio::write(s, asio::buffer(std::string("ves\r\n")));
  });
  auto stream = Dial("localhost", false);
  EXPECT_EQ(Await(io_, WithDeadline(50ms, (*stream)->ReadLine())).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  go = true;
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "halves");
}

TEST_F(TcpStreamTest, SpeaksTlsBothWaysWithLargeWrites) {
  const std::string big(3 * 1024 * 1024, 'b');
  std::string got;
  Play([&](tcp::socket& s) {
    ServeTls(s, [&](auto& tls) {
      std::string line;
      asio::read_until(tls, asio::dynamic_buffer(line), "\n");
      got = line;
      asio::write(tls, asio::buffer(std::string("thanks\r\n")));
    });
  });
  auto stream = Dial("localhost", true);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_TRUE((*stream)->IsEncrypted());
  EXPECT_TRUE(Await(io_, (*stream)->Write(big + "\n")).ok());
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "thanks");
  thread_.join();
  EXPECT_EQ(got, big + "\n");
}

TEST_F(TcpStreamTest, UpgradesInTheMiddle) {
  Play([](tcp::socket& s) {
    std::string line;
    asio::read_until(s, asio::dynamic_buffer(line), "\n");
    asio::write(s, asio::buffer(std::string("OK\r\n")));
    ServeTls(s, [](auto& tls) { asio::write(tls, asio::buffer(std::string("inside\r\n"))); });
  });
  auto stream = Dial("localhost", false);
  ASSERT_TRUE(Await(io_, (*stream)->Write("STARTTLS\r\n")).ok());
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "OK");
  const auto secured = Await(io_, (*stream)->StartTls("localhost"));
  ASSERT_TRUE(secured.ok()) << secured;
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "inside");
}

TEST_F(TcpStreamTest, TextSlippedInBeforeTlsEndsTheConnection) {
  Play([](tcp::socket& s) {
    asio::write(s, asio::buffer(std::string("OK go ahead\r\n* injected\r\n")));
    std::this_thread::sleep_for(50ms);
  });
  auto stream = Dial("localhost", false);
  EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "OK go ahead");
  EXPECT_EQ(Await(io_, (*stream)->StartTls("localhost")).code(), absl::StatusCode::kDataLoss);
}

TEST_F(TcpStreamTest, SaysThatAServerAnswersWithoutTls) {
  Play([](tcp::socket& s) {
    asio::write(s, asio::buffer(std::string("* OK IMAP4rev1 ready\r\n")));
    std::this_thread::sleep_for(50ms);
  });
  const auto stream = Dial("localhost", true);
  EXPECT_EQ(stream.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(stream.status().message().find("localhost answered without TLS"),
            absl::string_view::npos)
      << stream.status();
  EXPECT_EQ(SuspectOf(stream.status()), Suspect::kSecurity);
}

TEST_F(TcpStreamTest, ChecksTheCertificate) {
  const struct {
    const char* host;
    bool trust;
    const char* says;
    Suspect suspect;
  } cases[] = {
      {"localhost", false, "the certificate of localhost is from an issuer that", Suspect::kHost},
      {"127.0.0.1", true, "the certificate of 127.0.0.1 is for another name", Suspect::kHost},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.host);
    Play([](tcp::socket& s) { ServeTls(s, [](auto&) {}); });
    const auto stream = Dial(c.host, true, c.trust);
    EXPECT_EQ(stream.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(stream.status().message().find(c.says), absl::string_view::npos) << stream.status();
    EXPECT_TRUE(words::WordingOf(stream.status()).has_value());
    EXPECT_EQ(SuspectOf(stream.status()), c.suspect);
    thread_.join();
  }
}

TEST_F(TcpStreamTest, ResumesTheSessionOfAHostUnderItsNameAlone) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain_file(folder_ + "/cert.pem");
  context.use_private_key_file(folder_ + "/key.pem", asio::ssl::context::pem);
  DialerOptions options;
  options.allow_hosts = {"*:" + std::to_string(port())};
  options.tls_ca_file = folder_ + "/ca.pem";
  auto dialer = *TcpDialer::Create(io_.get_executor(), options);
  const struct {
    const char* host;
    bool resumed, ok;
  } dials[] = {
      {"localhost", false, true},
      {"localhost", true, true},
      {"127.0.0.1", false, false},  // the certificate is not for it, known session or not
      {"localhost", true, true},
  };
  int row = 0;
  for (const auto& dial : dials) {
    SCOPED_TRACE(++row);
    bool resumed = false;
    Play([&](tcp::socket& s) {
      asio::ssl::stream<tcp::socket&> stream(s, context);
      stream.handshake(asio::ssl::stream_base::server);
      resumed = SSL_session_reused(stream.native_handle());
      asio::write(stream, asio::buffer(std::string("hello\r\n")));
    });
    auto stream = Await(io_, dialer->Dial(Endpoint{dial.host, port(), true}));
    EXPECT_EQ(stream.ok(), dial.ok) << stream.status();
    if (stream.ok()) {
      EXPECT_EQ(*Await(io_, (*stream)->ReadLine()), "hello");
    }
    thread_.join();
    EXPECT_EQ(resumed, dial.resumed);
  }
}

TEST_F(TcpStreamTest, TellsWhenThereIsSomethingToReadAndTakesLinesWithoutWaiting) {
  std::atomic<int> step = 0;
  Play([&](tcp::socket& s) {
    ServeTls(s, [&](auto& tls) {
      const auto await = [&](int wanted) {
        while (step < wanted) std::this_thread::sleep_for(1ms);
      };
      asio::write(tls, asio::buffer(std::string("one\r\ntwo\r\nha")));
      await(1);
      asio::write(tls, asio::buffer(std::string("lf\r\n")));
      await(2);
    });
  });
  auto stream = Dial("localhost", true);
  ASSERT_TRUE(stream.ok()) << stream.status();
  int woken = 0;
  const auto next_line = [&]() -> absl::StatusOr<std::string> {
    for (;;) {
      auto line = (*stream)->LineAtHand();
      if (!line.ok()) return line.status();
      if (line->has_value()) return **line;
      bool wakes = false;
      (*stream)->WhenReadable([&] { wakes = true; });
      io_.restart();
      while (!wakes && io_.run_one() > 0) {
      }
      ++woken;
    }
  };
  EXPECT_EQ(*next_line(), "one");
  EXPECT_EQ(*next_line(), "two");
  auto half = (*stream)->LineAtHand();
  EXPECT_TRUE(half.ok() && !half->has_value());
  step = 1;
  EXPECT_EQ(*next_line(), "half");
  EXPECT_GE(woken, 1);
  // One that is taken back is not called, nor one whose stream is gone.
  bool called = false;
  (*stream)->WhenReadable([&] { called = true; });
  (*stream)->WhenReadable(nullptr);
  step = 2;
  EXPECT_EQ(next_line().status().code(), absl::StatusCode::kUnavailable);
  (*stream)->WhenReadable([&] { called = true; });
  stream->reset();
  io_.restart();
  io_.poll();
  EXPECT_FALSE(called);
}

TEST(Resolver, SharesAnAnswerForAWhile) {
  asio::io_context io;
  Resolver resolver;
  const auto first = Await(io, resolver.Resolve("localhost"));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(*Await(io, resolver.Resolve("localhost")), *first);
  EXPECT_LT(std::chrono::steady_clock::now() - start, Resolver::kGoodFor) << "no 10,000 look-ups";
  EXPECT_FALSE(Await(io, resolver.Resolve("no-such-host.invalid")).ok());
}

TEST_F(TcpStreamTest, NamesWhatItMayNotOrCannotReach) {
  DialerOptions options;
  auto strict = *TcpDialer::Create(io_.get_executor(), options);
  const auto refused = Await(io_, strict->Dial(Endpoint{"localhost", 993, true}));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(SuspectOf(refused.status()), Suspect::kHost);
  const auto not_a_mail_port = Await(io_, strict->Dial(Endpoint{"localhost", 80, true}));
  EXPECT_EQ(SuspectOf(not_a_mail_port.status()), Suspect::kPort);
  const uint16_t closed = port();
  acceptor_.close();
  options.allow_hosts = {"*:" + std::to_string(closed)};
  auto open = *TcpDialer::Create(io_.get_executor(), options);
  const auto nobody = Await(io_, open->Dial(Endpoint{"127.0.0.1", closed, true})).status();
  EXPECT_EQ(nobody.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(nobody.message(), absl::StrCat("127.0.0.1 port ", closed,
                                           " refuses the connection; check host and port"));
  EXPECT_EQ(SuspectOf(nobody), Suspect::kPort);
  const auto unknown = Await(io_, open->Dial(Endpoint{"no-such-host.invalid", closed, true}));
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(words::WordingOf(unknown.status()).has_value());
}

}  // namespace
}  // namespace postern::net
