#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::crypto {

// A private key that signs: RSA of 2048 to 8192 bits, or Ed25519. The key stays inside
// OpenSSL, which wipes it.
class SigningKey {
 public:
  enum class Kind { kRsa, kEd25519 };

  // PEM, unencrypted. kInvalidArgument: it can't be read, or is no such key.
  static absl::StatusOr<SigningKey> FromPem(absl::string_view pem);
  // A fresh one; RSA has 2048 bits.
  static absl::StatusOr<SigningKey> New(Kind kind);

  Kind kind() const { return kind_; }
  // RSA: PKCS #1 1.5 with SHA-256 over `bytes` (RFC 8017 section 8.2); Ed25519: over `bytes`
  // as they are (RFC 8032).
  absl::StatusOr<std::string> Sign(absl::string_view bytes) const;
  // RSA: SubjectPublicKeyInfo in DER; Ed25519: the 32 bytes. RFC 6376 section 3.6.1, RFC 8463
  // section 4.2.
  std::string PublicKey() const;
  std::string ToPem() const;  // a secret, the caller's to wipe

 private:
  struct Free {
    void operator()(void* key) const;
  };
  using Pointer = std::unique_ptr<void, Free>;  // an EVP_PKEY
  SigningKey(Pointer key, Kind kind);

  Pointer key_;
  Kind kind_;
};

}  // namespace postern::crypto
