#include "lib/net/tcp_dialer.h"

#include <netinet/in.h>

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
#include "lib/net/dial_error.h"
#include "lib/net/keepalive.h"
#include "lib/net/tcp_stream.h"

namespace postern::net {

namespace asio = boost::asio;
namespace ip = asio::ip;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr Duration kPatience = 15s;  // for each step

// No port is taken before the connection is made: many to different hosts may share one.
boost::system::error_code BindTo(tcp::socket& socket, const ip::address& source) {
  boost::system::error_code error;
  const tcp::endpoint here(source, 0);
  socket.open(here.protocol(), error);
  if (error) return error;
  const int yes = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  socket.bind(here, error);
  return error;
}

// --- why there is no connection ---------------------------------------------------

absl::Status NotFound(const Endpoint& endpoint, const absl::Status& status) {
  if (!absl::IsDeadlineExceeded(status)) return status;
  return DialError(
      status.code(),
      words::Word("$0: the name can't be looked up just now; try again later", endpoint.host),
      Suspect::kNone);
}

absl::Status NoAddress(const Endpoint& endpoint) {
  return DialError(absl::StatusCode::kUnavailable,
                   words::Word("$0 has no address to connect to; check the host", endpoint.host),
                   Suspect::kHost);
}

absl::Status NotReached(const Endpoint& endpoint, const boost::system::error_code& error) {
  if (error == asio::error::connection_refused) {
    return DialError(absl::StatusCode::kUnavailable,
                     words::Word("$0 port $1 refuses the connection; check host and port",
                                 endpoint.host, endpoint.port),
                     Suspect::kPort);
  }
  return DialError(
      absl::StatusCode::kUnavailable,
      words::Word("$0 port $1: no connection: $2", endpoint.host, endpoint.port, error.message()),
      Suspect::kHost);
}

absl::Status NoAnswer(const Endpoint& endpoint) {
  return DialError(
      absl::StatusCode::kDeadlineExceeded,
      words::Word("$0 port $1 does not answer; check host and port", endpoint.host, endpoint.port),
      Suspect::kHost);
}

absl::Status NoTlsGreeting(const Endpoint& endpoint) {
  return DialError(absl::StatusCode::kUnavailable,
                   words::Word("$0 port $1: no TLS greeting; is it a port for STARTTLS?",
                               endpoint.host, endpoint.port),
                   Suspect::kSecurity);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpDialer>> TcpDialer::Create(asio::any_io_executor,
                                                             const DialerOptions& options) {
  auto policy = HostPolicy::Parse(options.allow_hosts);
  if (!policy.ok()) return policy.status();
  auto tls = TlsContext::Create(options.tls_ca_file);
  if (!tls.ok()) return tls.status();
  std::optional<ip::address> source;
  if (!options.source.empty()) {
    boost::system::error_code error;
    source = ip::make_address(options.source, error);
    if (error) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", options.source, "' is not an IP address"));
    }
  }
  return std::unique_ptr<TcpDialer>(
      new TcpDialer(*std::move(policy), *std::move(tls), options, std::move(source)));
}

TcpDialer::TcpDialer(HostPolicy policy, TlsContext tls, const DialerOptions& options,
                     std::optional<ip::address> source)
    : policy_(std::move(policy)),
      tls_(std::move(tls)),
      line_bytes_(options.line_bytes),
      source_(std::move(source)) {}

Task<absl::StatusOr<std::unique_ptr<ByteStream>>> TcpDialer::Connect(
    ip::address address, Endpoint endpoint, std::shared_ptr<const TlsChecks> checks) {
  tcp::socket socket(co_await asio::this_coro::executor);
  const tcp::endpoint there(address, endpoint.port);
  if (source_) {
    if (const auto error = BindTo(socket, *source_)) co_return NotReached(endpoint, error);
  }
  auto [error] = co_await socket.async_connect(there, asio::as_tuple(asio::use_awaitable));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) co_return NotReached(endpoint, error);
  SetKeepalive(socket);
  TcpStream::Limits limits;
  limits.line_bytes = line_bytes_;
  std::unique_ptr<ByteStream> stream =
      std::make_unique<TcpStream>(std::move(socket), tls_, limits, std::move(checks));
  co_return std::move(stream);
}

Task<absl::StatusOr<std::unique_ptr<ByteStream>>> TcpDialer::Dial(Endpoint endpoint) {
  auto addresses = co_await WithDeadline(kPatience, resolver_.Resolve(endpoint.host));
  if (!addresses.ok()) co_return NotFound(endpoint, addresses.status());
  absl::Status last = NoAddress(endpoint);
  for (const ip::address& address : *addresses) {
    if (auto allowed = policy_.Check(endpoint.host, address, endpoint.port); !allowed.ok()) {
      last = allowed;
      continue;
    }
    auto stream = co_await WithDeadline(kPatience, Connect(address, endpoint, nullptr));
    if (!stream.ok()) {
      last = absl::IsDeadlineExceeded(stream.status()) ? NoAnswer(endpoint) : stream.status();
      continue;
    }
    if (!endpoint.tls) co_return std::move(stream);
    absl::Status secured = co_await WithDeadline(kPatience, (*stream)->StartTls(endpoint.host));
    if (secured.ok()) co_return std::move(stream);
    last =
        secured.code() == absl::StatusCode::kDeadlineExceeded ? NoTlsGreeting(endpoint) : secured;
  }
  co_return last;
}

Task<absl::StatusOr<std::unique_ptr<ByteStream>>> TcpDialer::DialAddress(Target target) {
  absl::Status allowed = policy_.Check(target.name, target.address, target.port);
  if (!allowed.ok()) co_return allowed;
  Endpoint endpoint;
  endpoint.host = std::move(target.name);
  endpoint.port = target.port;
  endpoint.tls = false;
  auto stream =
      co_await WithDeadline(kPatience, Connect(target.address, endpoint, std::move(target.checks)));
  if (absl::IsDeadlineExceeded(stream.status())) co_return NoAnswer(endpoint);
  co_return stream;
}

}  // namespace postern::net
