#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"

namespace postern::crypto {

// What a server keeps of a password, so that it can check one and be logged in to by
// SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677), and nobody can log in with what is kept.
struct ScramVerifier {
  unsigned iterations = 0;
  std::string salt;        // bytes, as the next two
  std::string stored_key;  // 32
  std::string server_key;  // 32
};

ScramVerifier MakeScramVerifier(const Secret& password, std::string salt, unsigned iterations);
// Takes as long whether it is right or not.
bool IsPassword(const Secret& password, const ScramVerifier& verifier);

// "SCRAM-SHA-256$4096:SALT$STORED:SERVER" with base 64, as RFC 5803 has it. Nothing when it isn't.
std::string ToText(const ScramVerifier& verifier);
std::optional<ScramVerifier> ReadScramVerifier(absl::string_view text);

}  // namespace postern::crypto
