#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace postern::rpc {

// Mutual TLS between services: all three files, or none for plaintext inside a
// trusted network.
struct TlsFiles {
  std::string ca, cert, key;
  bool empty() const { return ca.empty() && cert.empty() && key.empty(); }
};

// The largest message either side takes: a batch of mails without attachments.
constexpr int kMaxMessageBytes = 8 * 1024 * 1024;

// A channel that connects by itself, keeps its connection alive and re-resolves
// names; target is "host:port" or anything gRPC knows. The error names the file
// that can't be used.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& target,
                                                           const TlsFiles& tls);
// Asks every client for a certificate of the same CA when TLS is on.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const TlsFiles& tls);

}  // namespace postern::rpc
