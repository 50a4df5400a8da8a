#include "lib/net/tcp_dialer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
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
    : policy_(std::move(policy)), tls_(std::move(tls)), line_bytes_(line_bytes) {}

Task<absl::StatusOr<std::unique_ptr<ByteStream>>> TcpDialer::Connect(ip::address address,
                                                                     uint16_t port) {
  tcp::socket socket(co_await asio::this_coro::executor);
  const tcp::endpoint endpoint(address, port);
  auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) co_return absl::UnavailableError(error.message());
  SetKeepalive(socket);
  TcpStream::Limits limits;
  limits.line_bytes = line_bytes_;
  std::unique_ptr<ByteStream> stream = std::make_unique<TcpStream>(std::move(socket), tls_, limits);
  co_return std::move(stream);
}

Task<absl::StatusOr<std::unique_ptr<ByteStream>>> TcpDialer::Dial(Endpoint endpoint) {
  auto addresses = co_await WithDeadline(15s, resolver_.Resolve(endpoint.host));
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
