#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/byte_stream.h"
#include "lib/net/task.h"

namespace postern::net {

struct Endpoint {
  std::string host;  // a name or an address, as the user gave it
  uint16_t port = 0;
  bool tls = true;  // TLS from the first byte; else plain, for StartTls later
};

// Opens connections to mail servers. TcpDialer (tcp_dialer.h) for real, a
// script in tests.
class Dialer {
 public:
  virtual ~Dialer() = default;

  // kPermissionDenied: the host or port is not one that Postern may speak to.
  // kUnavailable: not found, refused, no route. kDeadlineExceeded: silence.
  // kFailedPrecondition: the certificate does not hold; the message says why.
  // Errors are DialErrors (dial_error.h), sentences for the user: "imap.example.org: no
  // such host name".
  virtual Task<absl::StatusOr<std::unique_ptr<ByteStream>>> Dial(Endpoint endpoint) = 0;
};

}  // namespace postern::net
