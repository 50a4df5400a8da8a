#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"

namespace postern::process {

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // path and query, as they came
  std::string cookie;  // the header field; may be empty
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;  // further ones; each fits a line
  std::string body;
};

// A small HTTP server: one request for each connection, 32 connections at once, 8 KiB a request.
// A client that takes longer than 5 s to say or to hear something is cut off.
class HttpServer {
 public:
  using Handler = std::function<net::Task<HttpResponse>(HttpRequest)>;

  // kInvalidArgument when the address is none, kUnavailable when it can't be listened on. What
  // `answer` uses outlives the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Listen(boost::asio::any_io_executor executor,
                                                            const std::string& address,
                                                            Handler answer);

 private:
  HttpServer(boost::asio::ip::tcp::acceptor acceptor, Handler answer);
  net::Task<void> Accept();
  net::Task<void> Serve(boost::asio::ip::tcp::socket socket);

  boost::asio::ip::tcp::acceptor acceptor_;
  Handler answer_;
  net::TaskGroup tasks_;
};

}  // namespace postern::process
