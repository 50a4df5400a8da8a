#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"

namespace postern::process {

// The metrics port: GET /metrics (Prometheus), /healthz (the process lives),
// /readyz (200, or 503 with the reason). Takes few and short requests; a slow
// client is cut off.
class HttpEndpoint {
 public:
  using NotReady = std::function<std::string()>;  // "" when ready

  // kUnavailable when the address can't be listened on.
  static absl::StatusOr<std::unique_ptr<HttpEndpoint>> Listen(boost::asio::any_io_executor executor,
                                                              const std::string& address,
                                                              NotReady not_ready);

 private:
  HttpEndpoint(boost::asio::ip::tcp::acceptor acceptor, NotReady not_ready);
  net::Task<void> Accept();
  net::Task<void> Answer(boost::asio::ip::tcp::socket socket);

  boost::asio::ip::tcp::acceptor acceptor_;
  NotReady not_ready_;
  net::TaskGroup tasks_;
};

}  // namespace postern::process
