#include "lib/crypto/scram_verifier.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/password_digest.h"

namespace postern::crypto {
namespace {

constexpr absl::string_view kScheme = "SCRAM-SHA-256";
constexpr size_t kKeyBytes = 32;
constexpr unsigned kMostIterations = 1'000'000;

std::string Hmac(absl::string_view key, absl::string_view text) {
  std::string digest(kKeyBytes, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(digest.data()), &size);
  return digest;
}

std::string Sha256(absl::string_view text) {
  std::string digest(kKeyBytes, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
             EVP_sha256(), nullptr);
  return digest;
}

}  // namespace

ScramVerifier MakeScramVerifier(const Secret& password, std::string salt, unsigned iterations) {
  ScramVerifier verifier;
  const Secret salted_hex = SaltedPasswordHex(Hash::kSha256, password, salt, iterations);
  std::string salted = absl::HexStringToBytes(salted_hex.Reveal());
  std::string client_key = Hmac(salted, "Client Key");
  verifier.stored_key = Sha256(client_key);
  verifier.server_key = Hmac(salted, "Server Key");
  verifier.salt = std::move(salt);
  verifier.iterations = iterations;
  Wipe(salted);
  Wipe(client_key);
  return verifier;
}

bool IsPassword(const Secret& password, const ScramVerifier& verifier) {
  const ScramVerifier given = MakeScramVerifier(password, verifier.salt, verifier.iterations);
  return given.stored_key.size() == verifier.stored_key.size() &&
         CRYPTO_memcmp(given.stored_key.data(), verifier.stored_key.data(), kKeyBytes) == 0;
}

std::string ToText(const ScramVerifier& verifier) {
  return absl::StrCat(kScheme, "$", verifier.iterations, ":", absl::Base64Escape(verifier.salt),
                      "$", absl::Base64Escape(verifier.stored_key), ":",
                      absl::Base64Escape(verifier.server_key));
}

std::optional<ScramVerifier> ReadScramVerifier(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '$');
  if (parts.size() != 3 || parts[0] != kScheme) return std::nullopt;
  const std::vector<absl::string_view> how = absl::StrSplit(parts[1], ':');
  const std::vector<absl::string_view> keys = absl::StrSplit(parts[2], ':');
  ScramVerifier verifier;
  const bool read = how.size() == 2 && keys.size() == 2 &&
                    absl::SimpleAtoi(how[0], &verifier.iterations) &&
                    absl::Base64Unescape(how[1], &verifier.salt) &&
                    absl::Base64Unescape(keys[0], &verifier.stored_key) &&
                    absl::Base64Unescape(keys[1], &verifier.server_key);
  if (!read || verifier.iterations == 0 || verifier.iterations > kMostIterations ||
      verifier.stored_key.size() != kKeyBytes || verifier.server_key.size() != kKeyBytes)
    return std::nullopt;
  return verifier;
}

}  // namespace postern::crypto
