#include "lib/net/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/net/dial_error.h"
#include "lib/net/openssl_error.h"

namespace postern::net {
namespace {

words::Wording CertificateWording(long verdict, const std::string& host) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return words::Word("the certificate of $0 has expired; its operator has to renew it", host);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return words::Word("the certificate of $0 is not valid yet", host);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return words::Word("the certificate of $0 is for another name; check the host", host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return words::Word(
          "the certificate of $0 is self-signed; only the operator of this gateway can allow it",
          host);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return words::Word("the certificate of $0 is from an issuer that this gateway doesn't trust",
                         host);
    case X509_V_ERR_DANE_NO_MATCH:
      return words::Word("the certificate of $0 is not the one that its TLSA records name", host);
    default:
      return words::Word("the certificate of $0 is not valid: $1", host,
                         X509_verify_cert_error_string(verdict));
  }
}

absl::Status CertificateError(long verdict, const std::string& host) {
  return DialError(absl::StatusCode::kFailedPrecondition, CertificateWording(verdict, host),
                   Suspect::kHost);
}

// RFC 7672 section 3.1: names count under a trust anchor only, dates and CAs not at all.
absl::Status CheckByTlsa(SSL* ssl, const std::string& host, const TlsChecks& checks) {
  if (SSL_dane_enable(ssl, host.c_str()) <= 0) {
    return absl::InternalError(absl::StrCat("tls: DANE: ", TakeOpenSslError()));
  }
  SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  for (const std::string& name : checks.further_names) SSL_add1_host(ssl, name.c_str());
  bool any = false;
  for (const TlsaRecord& one : checks.tlsa) {
    const auto* data = reinterpret_cast<const unsigned char*>(one.data.data());
    const int added =
        SSL_dane_tlsa_add(ssl, one.usage, one.selector, one.matching, data, one.data.size());
    any = any || added > 0;
  }
  ERR_clear_error();  // of records that can't be used
  // Without one any certificate from a CA would do, which is not what the domain asks for.
  if (!any) return CertificateError(X509_V_ERR_DANE_NO_MATCH, host);
  return absl::OkStatus();
}

// The name or address that the certificate was checked for; nothing else may be trusted.
std::string CheckedHost(SSL* ssl) {
  X509_VERIFY_PARAM* const param = SSL_get0_param(ssl);
  if (const char* name = X509_VERIFY_PARAM_get0_host(param, 0)) return name;
  char* const address = X509_VERIFY_PARAM_get1_ip_asc(param);
  if (address == nullptr) return "";
  const std::string host = address;
  OPENSSL_free(address);
  return host;
}

}  // namespace

// --- sessions -----------------------------------------------------------------------

struct TlsContext::Sessions {
  struct Session {
    std::unique_ptr<SSL_SESSION, SslFree> session;
    std::chrono::steady_clock::time_point checked_at;  // when its certificate was
  };

  static bool IsGood(const Session& known) {
    return std::chrono::steady_clock::now() - known.checked_at < kSessionGoodFor;
  }

  SSL_SESSION* Find(const std::string& host) {
    const auto found = by_host.find(host);
    if (found == by_host.end()) return nullptr;
    SSL_SESSION* const session = found->second.session.get();
    if (session && IsGood(found->second) && SSL_SESSION_is_resumable(session)) return session;
    by_host.erase(found);
    return nullptr;
  }

  absl::flat_hash_map<std::string, Session> by_host;
};

// What a resumed session brings is not kept: its certificate was not checked now. A copy is:
// OpenSSL takes a session out of use when its connection ends badly.
void TlsContext::Keep(SSL* ssl) const {
  const std::string host = CheckedHost(ssl);
  const bool checked = !SSL_session_reused(ssl) && SSL_get_verify_result(ssl) == X509_V_OK;
  const SSL_SESSION* const session = SSL_get0_session(ssl);
  if (!checked || host.empty() || !session || !SSL_SESSION_is_resumable(session)) return;
  auto& by_host = sessions_->by_host;
  if (by_host.size() >= kMostSessions) {
    absl::erase_if(by_host, [](const auto& item) { return !Sessions::IsGood(item.second); });
  }
  if (by_host.size() >= kMostSessions && !by_host.contains(host)) return;
  Sessions::Session& known = by_host[host];
  known.session.reset(SSL_SESSION_dup(session));
  known.checked_at = std::chrono::steady_clock::now();
}

// An address may be written in several ways; the names of sessions are what was checked.
void TlsContext::Forget(SSL* ssl) const { sessions_->by_host.erase(CheckedHost(ssl)); }

absl::StatusOr<TlsContext> TlsContext::Create(const std::string& extra_ca_file) {
  TlsContext tls;
  tls.context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = tls.context_.get();
  if (!context) return absl::InternalError(absl::StrCat("tls: ", TakeOpenSslError()));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  tls.sessions_ = std::make_shared<Sessions>();
  // Its own cache would let a session be resumed once (tls_finish_handshake).
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_dane_enable(context);
  SSL_CTX_set_default_verify_paths(context);
  if (!extra_ca_file.empty() &&
      SSL_CTX_load_verify_locations(context, extra_ca_file.c_str(), nullptr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(extra_ca_file, ": ", TakeOpenSslError()));
  }
  ERR_clear_error();
  return tls;
}

absl::StatusOr<SslPtr> TlsContext::New(int socket) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) {
    return absl::ResourceExhaustedError(absl::StrCat("tls: ", TakeOpenSslError()));
  }
  SSL_set_connect_state(ssl.get());
  return ssl;
}

absl::StatusOr<SslPtr> TlsContext::Open(int socket, const std::string& host) const {
  auto made = New(socket);
  if (!made.ok()) return made.status();
  SslPtr ssl = *std::move(made);
  boost::system::error_code is_a_name;
  boost::asio::ip::make_address(host, is_a_name);
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (is_a_name) {
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
    X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str());
  }
  const std::string checked = CheckedHost(ssl.get());
  // With nothing to check, any certificate would do.
  if (checked.empty()) {
    ERR_clear_error();
    return CertificateError(X509_V_ERR_HOSTNAME_MISMATCH, host);
  }
  if (SSL_SESSION* known = sessions_->Find(checked)) {
    SSL_set_session(ssl.get(), known);
  }
  return ssl;
}

absl::StatusOr<SslPtr> TlsContext::Open(int socket, const std::string& host,
                                        const TlsChecks& checks) const {
  auto ssl = New(socket);
  if (!ssl.ok()) return ssl.status();
  if (checks.by == TlsChecks::By::kNothing) {
    SSL_set_verify(ssl->get(), SSL_VERIFY_NONE, nullptr);
    boost::system::error_code is_a_name;
    boost::asio::ip::make_address(host, is_a_name);
    if (is_a_name) SSL_set_tlsext_host_name(ssl->get(), host.c_str());
    return ssl;
  }
  if (absl::Status s = CheckByTlsa(ssl->get(), host, checks); !s.ok()) return s;
  return ssl;
}

absl::Status HandshakeError(SSL* ssl, const std::string& host) {
  const long verdict = SSL_get_verify_result(ssl);
  const bool checked = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
  if (checked && verdict != X509_V_OK) {
    ERR_clear_error();
    return CertificateError(verdict, host);
  }
  // What a server in the clear says is no TLS record.
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_WRONG_VERSION_NUMBER) {
    ERR_clear_error();
    return DialError(absl::StatusCode::kUnavailable,
                     words::Word("$0 answered without TLS; check the port, and how the connection "
                                 "is to be encrypted",
                                 host),
                     Suspect::kSecurity);
  }
  return DialError(absl::StatusCode::kUnavailable,
                   words::Word("$0: TLS could not be set up: $1", host, TakeOpenSslError()),
                   Suspect::kSecurity);
}

}  // namespace postern::net
