#include "lib/sasl/mechanism.h"

#include "absl/strings/match.h"

namespace postern::sasl {

namespace {

constexpr struct {
  Mechanism mechanism;
  absl::string_view name;
} kNames[] = {
    {Mechanism::kOAuthBearer, "OAUTHBEARER"},
    {Mechanism::kXOAuth2, "XOAUTH2"},
    {Mechanism::kScramSha256, "SCRAM-SHA-256"},
    {Mechanism::kScramSha1, "SCRAM-SHA-1"},
    {Mechanism::kCramMd5, "CRAM-MD5"},
    {Mechanism::kPlain, "PLAIN"},
    {Mechanism::kLogin, "LOGIN"},
};

constexpr Mechanism kForTokens[] = {Mechanism::kOAuthBearer, Mechanism::kXOAuth2};
constexpr Mechanism kForPasswords[] = {Mechanism::kScramSha256, Mechanism::kScramSha1,
                                       Mechanism::kPlain, Mechanism::kLogin, Mechanism::kCramMd5};
constexpr Mechanism kInTheClear[] = {Mechanism::kScramSha256, Mechanism::kScramSha1,
                                     Mechanism::kCramMd5, Mechanism::kPlain, Mechanism::kLogin};

template <class Order>
std::optional<Mechanism> FirstOf(const Order& order, Mechanisms offered) {
  for (Mechanism mechanism : order) {
    if (offered.Has(mechanism)) return mechanism;
  }
  return std::nullopt;
}

}  // namespace

absl::string_view NameOf(Mechanism mechanism) {
  for (const auto& known : kNames) {
    if (known.mechanism == mechanism) return known.name;
  }
  return "";
}

std::optional<Mechanism> MechanismOf(absl::string_view name) {
  for (const auto& known : kNames) {
    if (absl::EqualsIgnoreCase(known.name, name)) return known.mechanism;
  }
  return std::nullopt;
}

void Mechanisms::AddNamed(absl::string_view name) {
  if (const auto mechanism = MechanismOf(name)) Add(*mechanism);
}

std::optional<Mechanism> Choose(Mechanisms offered, Credentials::Kind kind, bool encrypted) {
  if (kind == Credentials::Kind::kAccessToken) {
    return encrypted ? FirstOf(kForTokens, offered) : std::nullopt;
  }
  return encrypted ? FirstOf(kForPasswords, offered) : FirstOf(kInTheClear, offered);
}

}  // namespace postern::sasl
