#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/tls_checks.h"

namespace postern::net {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

// The client side of TLS towards mail servers: TLS 1.2 and up, certificates
// checked against the system's CAs and one extra file, host names as RFC 6125
// asks. One context for all connections; it holds no buffer of an idle connection
// (SSL_MODE_RELEASE_BUFFERS: 43 KiB -> 23 KiB each).
//
// Connections to one host resume one session (RFC 8446 section 2.2): a third less CPU for
// each, and one copy of the server's certificates for all of them. A session is of use only
// under the name that its certificate was checked for, and for kSessionGoodFor after that;
// a server that does not know it any more shows its certificate again.
class TlsContext {
 public:
  static constexpr std::chrono::minutes kSessionGoodFor{10};
  static constexpr size_t kMostSessions = 1000;  // hosts

  // `extra_ca_file` may be empty. kInvalidArgument when it can't be read.
  static absl::StatusOr<TlsContext> Create(const std::string& extra_ca_file);

  // An SSL on a connected socket, prepared to check for `host` (a name or an address).
  absl::StatusOr<SslPtr> Open(int socket, const std::string& host) const;
  // The same with other checks; such a session is never kept nor resumed.
  absl::StatusOr<SslPtr> Open(int socket, const std::string& host, const TlsChecks& checks) const;
  // Lets others resume its session. To be called when something was read: by TLS 1.3 the
  // server sends what is needed for that behind the handshake.
  void Keep(SSL* ssl) const;
  // Its handshake failed: the next one with that host resumes nothing.
  void Forget(SSL* ssl) const;

 private:
  absl::StatusOr<SslPtr> New(int socket) const;

  struct Sessions;
  std::shared_ptr<Sessions> sessions_;
  std::unique_ptr<SSL_CTX, SslFree> context_;
};

// Why a handshake failed, for the user (a DialError): "the certificate has expired".
// kFailedPrecondition for certificates, kUnavailable for the rest.
absl::Status HandshakeError(SSL* ssl, const std::string& host);

}  // namespace postern::net
