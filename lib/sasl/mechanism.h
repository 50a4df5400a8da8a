#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "lib/sasl/credentials.h"

namespace postern::sasl {

// The ways to log in that we speak (RFC 4422), the strongest first.
enum class Mechanism : uint8_t {
  kOAuthBearer,  // RFC 7628
  kXOAuth2,      // Google and Microsoft
  kScramSha256,  // RFC 7677
  kScramSha1,    // RFC 5802
  kCramMd5,      // RFC 2195
  kPlain,        // RFC 4616
  kLogin,        // never standardised, known everywhere
};

// "SCRAM-SHA-256".
absl::string_view NameOf(Mechanism mechanism);
// The case does not matter; nothing for one that we don't speak.
std::optional<Mechanism> MechanismOf(absl::string_view name);

// Some of them, in one byte.
class Mechanisms {
 public:
  bool Has(Mechanism mechanism) const { return (bits_ & Bit(mechanism)) != 0; }
  void Add(Mechanism mechanism) { bits_ = static_cast<uint8_t>(bits_ | Bit(mechanism)); }
  void Remove(Mechanism mechanism) { bits_ = static_cast<uint8_t>(bits_ & ~Bit(mechanism)); }
  void Remove(Mechanisms others) { bits_ = static_cast<uint8_t>(bits_ & ~others.bits_); }
  // The one of this name, if we speak it.
  void AddNamed(absl::string_view name);
  bool empty() const { return bits_ == 0; }
  bool operator==(const Mechanisms&) const = default;

 private:
  static uint8_t Bit(Mechanism mechanism) {
    return static_cast<uint8_t>(1u << static_cast<unsigned>(mechanism));
  }
  uint8_t bits_ = 0;
};

// The best one for such credentials: a token goes by no mechanism for passwords, nor a
// password by one for tokens. A token goes nowhere without TLS (RFC 6750 section 5.2): who hears
// it has the mailbox. Of passwords on such a connection, CRAM-MD5 comes before what sends them
// as they are; with TLS it comes last, for it makes servers keep passwords in the clear, and
// hides nothing that TLS does not.
std::optional<Mechanism> Choose(Mechanisms offered, Credentials::Kind kind, bool encrypted);

}  // namespace postern::sasl
