#include "lib/net/keepalive.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace postern::net {

using boost::asio::ip::tcp;

namespace {

// Dead peers behind a NAT are found within two minutes, not in days. The user timeout counts
// from the last word heard, and ends a connection on which one probe is unanswered: it has to
// leave time for all of them, or one lost packet in a quiet minute is the end.
constexpr int kIdleSeconds = 60, kProbeSeconds = 15, kProbes = 4;
constexpr int kUnacknowledgedMs = (kIdleSeconds + kProbes * kProbeSeconds) * 1000;

}  // namespace

void SetKeepalive(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(tcp::socket::keep_alive(true), ignored);
  const int fd = socket.native_handle();
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kIdleSeconds, sizeof kIdleSeconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kProbeSeconds, sizeof kProbeSeconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof kProbes);
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs, sizeof kUnacknowledgedMs);
}

}  // namespace postern::net
