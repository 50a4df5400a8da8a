#include "lib/process/http_endpoint.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/process/metrics.h"

namespace postern::process {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr size_t kMaxClients = 32;
constexpr size_t kMaxRequestBytes = 8 * 1024;
constexpr auto kClientTimeout = std::chrono::seconds(5);

// Out of descriptors, accepting fails at once for as long as somebody knocks.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

Response Respond(const Request& request, const std::string& not_ready) {
  Response response(http::status::ok, request.version());
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.keep_alive(false);
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.result(http::status::method_not_allowed);
  } else if (request.target() == "/metrics") {
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    response.body() = metrics::Render();
  } else if (request.target() == "/healthz") {
    response.body() = "ok\n";
  } else if (request.target() == "/readyz") {
    if (!not_ready.empty()) response.result(http::status::service_unavailable);
    response.body() = not_ready.empty() ? "ready\n" : not_ready + "\n";
  } else {
    response.result(http::status::not_found);
    response.body() = "there are /metrics, /healthz and /readyz\n";
  }
  response.prepare_payload();
  return response;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpEndpoint>> HttpEndpoint::Listen(asio::any_io_executor executor,
                                                                   const std::string& address,
                                                                   NotReady not_ready) {
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("'", address, "' is not ADDRESS:PORT"));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(host, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat("'", host, "' is not an IP address"));
  }
  tcp::acceptor acceptor(executor);
  const tcp::endpoint endpoint(ip, static_cast<uint16_t>(port));
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("can't listen on ", address, ": ", error.message()));
  }
  return std::unique_ptr<HttpEndpoint>(new HttpEndpoint(std::move(acceptor), std::move(not_ready)));
}

HttpEndpoint::HttpEndpoint(tcp::acceptor acceptor, NotReady not_ready)
    : acceptor_(std::move(acceptor)),
      not_ready_(std::move(not_ready)),
      tasks_(acceptor_.get_executor()) {
  tasks_.Spawn("metrics port", Accept());
}

net::Task<void> HttpEndpoint::Accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (error) co_await net::Sleep(kAcceptPause);
    if (!error && tasks_.size() <= kMaxClients) {
      tasks_.Spawn("metrics client", Answer(std::move(socket)));
    }
  }
}

net::Task<void> HttpEndpoint::Answer(tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer(kMaxRequestBytes);
  Request request;
  stream.expires_after(kClientTimeout);
  auto [read_error, read] =
      co_await http::async_read(stream, buffer, request, asio::as_tuple(asio::use_awaitable));
  if (read_error) co_return;
  const Response response = Respond(request, not_ready_());
  co_await http::async_write(stream, response, asio::as_tuple(asio::use_awaitable));
  boost::system::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace postern::process
