#include "lib/net/server_tls.h"

#include <openssl/err.h>

#include "absl/strings/str_cat.h"
#include "lib/net/openssl_error.h"

namespace postern::net {
namespace {

absl::Status CantUse(const std::string& file) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", TakeOpenSslError()));
}

// OpenSSL would ask on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

absl::StatusOr<ServerTls> ServerTls::FromFiles(const std::string& certificate_file,
                                               const std::string& key_file) {
  ServerTls tls;
  tls.context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = tls.context_.get();
  if (!context) return absl::InternalError(absl::StrCat("tls: ", TakeOpenSslError()));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets need no memory here; renegotiation costs us more than the client.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_default_passwd_cb(context, NoPassphrase);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return CantUse(certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return CantUse(key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) return CantUse(key_file);
  return tls;
}

absl::StatusOr<SslPtr> ServerTls::Open(int socket) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) {
    return absl::ResourceExhaustedError(absl::StrCat("tls: ", TakeOpenSslError()));
  }
  SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace postern::net
