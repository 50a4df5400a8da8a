// A component that does nothing but send each message back: what the Jabber server and
// libstrophe alone can do, beside which the edge is measured.
//
//   bench_echo PORT DOMAIN SECRET
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "services/xmpp-edge/component_stream.h"

int main(int argc, char** argv) {
  using namespace postern::xmpp_edge;
  if (argc != 4) {
    std::cerr << "usage: bench_echo PORT DOMAIN SECRET\n";
    return 2;
  }
  boost::asio::io_context io;
  ComponentStream::Target target;
  target.address = "127.0.0.1";
  target.port = static_cast<uint16_t>(std::atoi(argv[1]));
  target.domain = argv[2];
  target.secret = argv[3];
  ComponentStream stream(io.get_executor(), target);
  const auto up = [] { std::cout << "up" << std::endl; };
  const auto echo = [&stream](Element message) {
    if (message.name != "message") return;
    std::swap(message.attrs["from"], message.attrs["to"]);
    stream.Write(ToXml(message, kComponentNs));
  };
  auto life = stream.Run(up, echo, [] {});
  boost::asio::co_spawn(io, std::move(life),
                        [](std::exception_ptr, absl::Status end) { std::cerr << end << "\n"; });
  io.run();
}
