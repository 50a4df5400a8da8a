#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace postern::net {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

// The client side of TLS towards mail servers: TLS 1.2 and up, certificates
// checked against the system's CAs and one extra file, host names as RFC 6125
// asks. One context for all connections; it holds no session and no buffer of an
// idle connection (SSL_MODE_RELEASE_BUFFERS: 43 KiB -> 23 KiB each).
class TlsContext {
 public:
  // `extra_ca_file` may be empty. kInvalidArgument when it can't be read.
  static absl::StatusOr<TlsContext> Create(const std::string& extra_ca_file);

  // An SSL on a connected socket, prepared to check for `host` (a name or an address).
  absl::StatusOr<SslPtr> Open(int socket, const std::string& host) const;

 private:
  std::unique_ptr<SSL_CTX, SslFree> context_;
};

// Why a handshake failed, for the user (a DialError): "the certificate has expired".
// kFailedPrecondition for certificates, kUnavailable for the rest.
absl::Status HandshakeError(SSL* ssl, const std::string& host);

}  // namespace postern::net
