#include "lib/crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdlib>

#include "absl/strings/escaping.h"

namespace postern::crypto {

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  // Without randomness there is no safe way on; this does not happen on a running Linux.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    std::abort();
  }
  return bytes;
}

std::string RandomId(size_t bytes) { return absl::BytesToHexString(RandomBytes(bytes)); }

std::string Sha256Hex(absl::string_view data) {
  // SHA256() looks the algorithm up each time, which takes longer than a short text.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                 sha256, nullptr) != 1) {
    std::abort();  // without OpenSSL's own algorithms nothing works
  }
  return absl::BytesToHexString(digest);
}

std::string Sha1Base64(absl::string_view data) {
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  SHA1(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(digest.data()));
  return absl::Base64Escape(digest);
}

}  // namespace postern::crypto
