#include "lib/crypto/sha1.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"

namespace postern::crypto {

std::string Sha1Base64(absl::string_view data) {
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  SHA1(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(digest.data()));
  return absl::Base64Escape(digest);
}

}  // namespace postern::crypto
