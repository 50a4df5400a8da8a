#include "lib/net/tcp_dialer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/net/tcp_stream.h"

namespace postern::net {

namespace asio = boost::asio;
namespace ip = asio::ip;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr size_t kResolverThreads = 8;
constexpr size_t kMaxAddresses = 4;  // of one name; more is a server farm or a game

using Lookup = absl::StatusOr<std::vector<ip::address>>;

absl::Status LookupError(const std::string& host, int code) {
  const bool for_now = code == EAI_AGAIN || code == EAI_MEMORY || code == EAI_SYSTEM;
  if (for_now) {
    return absl::UnavailableError(absl::StrCat(host, ": the name could not be looked up just now"));
  }
  return absl::UnavailableError(absl::StrCat(host, ": no such host name"));
}

// Blocks; runs on a resolver thread.
Lookup LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  // A machine with loopback alone has no "configured" address family at all.
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY || code == EAI_NODATA) {
    hints.ai_flags = 0;
    code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  }
  if (code != 0) return LookupError(host, code);
  std::vector<ip::address> addresses;
  for (const addrinfo* a = list; a && addresses.size() < kMaxAddresses; a = a->ai_next) {
    if (a->ai_family == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(a->ai_addr);
      addresses.push_back(ip::address_v4(ntohl(in->sin_addr.s_addr)));
    } else if (a->ai_family == AF_INET6) {
      const auto* in6 = reinterpret_cast<const sockaddr_in6*>(a->ai_addr);
      ip::address_v6::bytes_type bytes;
      std::copy(std::begin(in6->sin6_addr.s6_addr), std::end(in6->sin6_addr.s6_addr),
                bytes.begin());
      addresses.push_back(ip::address_v6(bytes));
    }
  }
  ::freeaddrinfo(list);
  return addresses;
}

// Dead peers behind a NAT are found within about two minutes, not in days.
void SetKeepalive(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(tcp::socket::keep_alive(true), ignored);
  const int idle = 60, interval = 20, count = 3, unacknowledged_ms = 60'000;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
               sizeof unacknowledged_ms);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpDialer>> TcpDialer::Create(asio::any_io_executor,
                                                             const DialerOptions& options) {
  auto policy = HostPolicy::Parse(options.allow_hosts);
  if (!policy.ok()) return policy.status();
  auto tls = TlsContext::Create(options.tls_ca_file);
  if (!tls.ok()) return tls.status();
  return std::unique_ptr<TcpDialer>(
      new TcpDialer(*std::move(policy), *std::move(tls), options.line_bytes));
}

TcpDialer::TcpDialer(HostPolicy policy, TlsContext tls, size_t line_bytes)
    : policy_(std::move(policy)),
      tls_(std::move(tls)),
      line_bytes_(line_bytes),
      resolvers_(kResolverThreads) {}

TcpDialer::~TcpDialer() { resolvers_.stop(); }

Task<Lookup> TcpDialer::Resolve(std::string host) {
  boost::system::error_code is_a_name;
  const ip::address literal = ip::make_address(host, is_a_name);
  if (!is_a_name) co_return std::vector<ip::address>(1, literal);
  auto executor = co_await asio::this_coro::executor;
  auto initiate = [this, host, executor](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    asio::post(resolvers_, [shared, host, executor] {
      Lookup found = LookUp(host);
      asio::post(executor,
                 [shared, found = std::move(found)]() mutable { (*shared)(std::move(found)); });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Lookup)>(
      initiate, asio::use_awaitable);
}

Task<absl::StatusOr<std::unique_ptr<ByteStream>>> TcpDialer::Connect(ip::address address,
                                                                     uint16_t port) {
  tcp::socket socket(co_await asio::this_coro::executor);
  const tcp::endpoint endpoint(address, port);
  auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  if (error) co_return absl::UnavailableError(error.message());
  SetKeepalive(socket);
  TcpStream::Limits limits;
  limits.line_bytes = line_bytes_;
  std::unique_ptr<ByteStream> stream = std::make_unique<TcpStream>(std::move(socket), tls_, limits);
  co_return std::move(stream);
}

Task<absl::StatusOr<std::unique_ptr<ByteStream>>> TcpDialer::Dial(Endpoint endpoint) {
  auto addresses = co_await WithDeadline(15s, Resolve(endpoint.host));
  if (!addresses.ok()) co_return addresses.status();
  const std::string where = absl::StrCat(endpoint.host, " port ", endpoint.port);
  absl::Status last = absl::UnavailableError(absl::StrCat(endpoint.host, ": has no address"));
  for (const ip::address& address : *addresses) {
    if (auto allowed = policy_.Check(endpoint.host, address, endpoint.port); !allowed.ok()) {
      last = allowed;
      continue;
    }
    auto stream = co_await WithDeadline(15s, Connect(address, endpoint.port));
    if (!stream.ok()) {
      last = absl::Status(stream.status().code(),
                          absl::StrCat(where, ": no connection: ", stream.status().message()));
      continue;
    }
    if (!endpoint.tls) co_return std::move(stream);
    absl::Status secured = co_await WithDeadline(15s, (*stream)->StartTls(endpoint.host));
    if (secured.ok()) co_return std::move(stream);
    last = secured.code() == absl::StatusCode::kDeadlineExceeded
               ? absl::UnavailableError(
                     absl::StrCat(where, ": no TLS greeting; is it a port for STARTTLS?"))
               : secured;
  }
  co_return last;
}

}  // namespace postern::net
