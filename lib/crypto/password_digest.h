#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"

// What is made of a password so that it need not travel. Nothing of it is left behind.
namespace postern::crypto {

enum class Hash { kSha1, kSha256 };

// PBKDF2 (RFC 8018) with HMAC, in hex: the SaltedPassword of SCRAM (RFC 5802 section 3).
Secret SaltedPasswordHex(Hash hash, const Secret& password, absl::string_view salt,
                         unsigned iterations);
// HMAC-MD5 (RFC 2104), in hex: CRAM-MD5.
std::string HmacMd5Hex(const Secret& password, absl::string_view text);
// MD5 of `text` and the password behind it, in hex: APOP (RFC 1939 section 7).
std::string Md5Hex(absl::string_view text, const Secret& password);

}  // namespace postern::crypto
