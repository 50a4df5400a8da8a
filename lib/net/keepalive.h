#pragma once

#include <boost/asio/ip/tcp.hpp>

namespace postern::net {

// Has the kernel find a dead peer within two minutes, and send what is written at once.
void SetKeepalive(boost::asio::ip::tcp::socket& socket);

}  // namespace postern::net
