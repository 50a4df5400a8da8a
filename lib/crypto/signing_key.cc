#include "lib/crypto/signing_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace postern::crypto {
namespace {

constexpr int kLeastBits = 2048, kMostBits = 8192;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

EVP_PKEY* Raw(void* key) { return static_cast<EVP_PKEY*>(key); }

absl::Status Bad(absl::string_view why) {
  ERR_clear_error();
  return absl::InvalidArgumentError(why);
}

// Nobody types a pass phrase into a server.
int NoPassPhrase(char*, int, int, void*) { return -1; }

}  // namespace

void SigningKey::Free::operator()(void* key) const { EVP_PKEY_free(Raw(key)); }

SigningKey::SigningKey(Pointer key, Kind kind) : key_(std::move(key)), kind_(kind) {}

absl::StatusOr<SigningKey> SigningKey::FromPem(absl::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Pointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassPhrase, nullptr));
  if (!key) return Bad("holds no private key in PEM form without a pass phrase");
  const int type = EVP_PKEY_get_base_id(Raw(key.get()));
  if (type == EVP_PKEY_ED25519) return SigningKey(std::move(key), Kind::kEd25519);
  if (type != EVP_PKEY_RSA) return Bad("holds a key that is neither RSA nor Ed25519");
  const int bits = EVP_PKEY_get_bits(Raw(key.get()));
  if (bits < kLeastBits || bits > kMostBits) {
    return Bad(absl::StrCat("holds an RSA key of ", bits, " bits; ", kLeastBits, " to ", kMostBits,
                            " are wanted"));
  }
  return SigningKey(std::move(key), Kind::kRsa);
}

absl::StatusOr<SigningKey> SigningKey::New(Kind kind) {
  Pointer key(kind == Kind::kRsa ? EVP_RSA_gen(kLeastBits)
                                 : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return Bad("crypto: no key can be made");
  return SigningKey(std::move(key), kind);
}

absl::StatusOr<std::string> SigningKey::Sign(absl::string_view bytes) const {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const EVP_MD* digest = kind_ == Kind::kRsa ? EVP_sha256() : nullptr;
  std::string signature(static_cast<size_t>(EVP_PKEY_get_size(Raw(key_.get()))), '\0');
  size_t size = signature.size();
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, Raw(key_.get())) != 1 ||
      EVP_DigestSign(context.get(), out, &size, data, bytes.size()) != 1) {
    ERR_clear_error();
    return absl::InternalError("crypto: signing failed");
  }
  signature.resize(size);
  return signature;
}

std::string SigningKey::PublicKey() const {
  std::string bytes;
  if (kind_ == Kind::kEd25519) {
    size_t size = 32;
    bytes.resize(size);
    auto* out = reinterpret_cast<unsigned char*>(bytes.data());
    EVP_PKEY_get_raw_public_key(Raw(key_.get()), out, &size);
    return bytes;
  }
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(Raw(key_.get()), &der);
  if (size > 0) bytes.assign(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

std::string SigningKey::ToPem() const {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PrivateKey(bio.get(), Raw(key_.get()), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace postern::crypto
