#include "lib/rpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace postern::rpc {
namespace {

struct TlsTexts {
  std::string ca, cert, key;
};

absl::Status ReadFile(const char* option, const std::string& path, std::string& text) {
  if (path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": missing; mutual TLS needs the CA, the certificate and the key"));
  }
  std::ifstream file(path);
  if (!file) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": ", path, ": ", std::strerror(errno)));
  }
  std::stringstream content;
  content << file.rdbuf();
  text = content.str();
  return absl::OkStatus();
}

absl::StatusOr<TlsTexts> ReadFiles(const TlsFiles& files) {
  TlsTexts texts;
  if (auto s = ReadFile("--grpc-tls-ca-file", files.ca, texts.ca); !s.ok()) return s;
  if (auto s = ReadFile("--grpc-tls-cert-file", files.cert, texts.cert); !s.ok()) return s;
  if (auto s = ReadFile("--grpc-tls-key-file", files.key, texts.key); !s.ok()) return s;
  return texts;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& target,
                                                           const TlsFiles& tls) {
  grpc::ChannelArguments args;
  args.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A peer that vanished without a word is found within 30 s, not at the kernel's leisure.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A killed peer is usually back within a second.
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Despite its name, how long one attempt may take: a busy peer is not an absent one.
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!tls.empty()) {
    auto texts = ReadFiles(tls);
    if (!texts.ok()) return texts.status();
    grpc::SslCredentialsOptions options{texts->ca, texts->key, texts->cert};
    credentials = grpc::SslCredentials(options);
  }
  return grpc::CreateCustomChannel(target, credentials, args);
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& tls) {
  if (tls.empty()) return grpc::InsecureServerCredentials();
  auto texts = ReadFiles(tls);
  if (!texts.ok()) return texts.status();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = texts->ca;
  options.pem_key_cert_pairs.push_back({texts->key, texts->cert});
  return grpc::SslServerCredentials(options);
}

}  // namespace postern::rpc
