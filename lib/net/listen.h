#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "absl/status/statusor.h"

namespace postern::net {

// Listens on "ADDRESS:PORT", "0.0.0.0:4190" or "[::]:4190" (which takes IPv4 as well). Port 0: any
// that is free. kInvalidArgument when that is no address, kUnavailable when it can't be had.
absl::StatusOr<boost::asio::ip::tcp::acceptor> Listen(boost::asio::any_io_executor executor,
                                                      const std::string& address);

// "ADDRESS:PORT" taken apart; kInvalidArgument says what is wrong.
absl::StatusOr<boost::asio::ip::tcp::endpoint> ReadEndpoint(const std::string& address);

}  // namespace postern::net
