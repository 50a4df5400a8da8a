#include "lib/process/http_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/net/listen.h"

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

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

HttpRequest ReadRequest(Request request) {
  HttpRequest read;
  read.method = std::string(request.method_string());
  read.target = std::string(request.target());
  read.cookie = std::string(request[http::field::cookie]);
  read.body = std::move(request.body());
  return read;
}

Response WriteResponse(HttpResponse answer, unsigned version, bool head) {
  Response response(static_cast<http::status>(answer.status), version);
  response.set(http::field::content_type, answer.content_type);
  for (const auto& [name, value] : answer.headers) response.insert(name, value);
  response.keep_alive(false);
  response.content_length(answer.body.size());
  if (!head) response.body() = std::move(answer.body);
  return response;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Listen(asio::any_io_executor executor,
                                                               const std::string& address,
                                                               Handler answer) {
  auto acceptor = net::Listen(std::move(executor), address);
  if (!acceptor.ok()) return acceptor.status();
  return std::unique_ptr<HttpServer>(new HttpServer(*std::move(acceptor), std::move(answer)));
}

HttpServer::HttpServer(tcp::acceptor acceptor, Handler answer)
    : acceptor_(std::move(acceptor)), answer_(std::move(answer)), tasks_(acceptor_.get_executor()) {
  tasks_.Spawn("http port", Accept());
}

net::Task<void> HttpServer::Accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (error) co_await net::Sleep(kAcceptPause);
    if (!error && tasks_.size() <= kMaxClients) {
      tasks_.Spawn("http client", Serve(std::move(socket)));
    }
  }
}

net::Task<void> HttpServer::Serve(tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer(kMaxRequestBytes);
  http::request_parser<http::string_body> parser;
  parser.body_limit(kMaxRequestBytes);
  stream.expires_after(kClientTimeout);
  auto [read_error, read] =
      co_await http::async_read(stream, buffer, parser, asio::as_tuple(asio::use_awaitable));
  if (read_error) co_return;
  stream.expires_never();
  const unsigned version = parser.get().version();
  const bool head = parser.get().method() == http::verb::head;
  HttpRequest request = ReadRequest(parser.release());
  HttpResponse answer = co_await answer_(std::move(request));
  const Response response = WriteResponse(std::move(answer), version, head);
  stream.expires_after(kClientTimeout);
  co_await http::async_write(stream, response, asio::as_tuple(asio::use_awaitable));
  boost::system::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace postern::process
