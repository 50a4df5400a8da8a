#include "lib/crypto/password_digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"
#include "lib/crypto/secret_words.h"

namespace postern::crypto {
namespace {

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Secret SaltedPasswordHex(Hash hash, const Secret& password, absl::string_view salt,
                         unsigned iterations) {
  const EVP_MD* const digest = hash == Hash::kSha256 ? EVP_sha256() : EVP_sha1();
  std::string key(static_cast<size_t>(EVP_MD_get_size(digest)), '\0');
  const std::string& text = password.Reveal();
  const int made =
      PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), Bytes(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), digest,
                        static_cast<int>(key.size()), reinterpret_cast<unsigned char*>(key.data()));
  if (made != 1) key.clear();  // no rounds at all
  std::string hex = absl::BytesToHexString(key);
  Secret secret(hex);
  Wipe(hex);
  Wipe(key);
  return secret;
}

std::string HmacMd5Hex(const Secret& password, absl::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const std::string& key = password.Reveal();
  if (HMAC(EVP_md5(), key.data(), static_cast<int>(key.size()), Bytes(text), text.size(), digest,
           &size) == nullptr) {
    size = 0;
  }
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size));
}

std::string Md5Hex(absl::string_view text, const Secret& password) {
  const Secret both = Join({text, password.Reveal()});
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(both.Reveal().data(), both.Reveal().size(), digest, &size, EVP_md5(), nullptr) !=
      1) {
    size = 0;
  }
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size));
}

}  // namespace postern::crypto
