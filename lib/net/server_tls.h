#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/tls.h"

namespace postern::net {

// The server's side of TLS: 1.2 and up, one certificate with its chain, none asked of clients.
// As on the other side, an idle connection holds no buffer.
class ServerTls {
 public:
  // PEM files: the certificate and what leads to its CA; its key, without a passphrase.
  // kInvalidArgument: names the file, and what is wrong.
  static absl::StatusOr<ServerTls> FromFiles(const std::string& certificate_file,
                                             const std::string& key_file);

  // An SSL on a connected socket, which waits for the client to begin.
  absl::StatusOr<SslPtr> Open(int socket) const;

 private:
  std::unique_ptr<SSL_CTX, SslFree> context_;
};

}  // namespace postern::net
