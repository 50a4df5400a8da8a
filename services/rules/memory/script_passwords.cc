#include "services/rules/memory/script_passwords.h"

#include <utility>
#include <vector>

#include "lib/crypto/digest.h"

namespace postern::rules {
namespace {

constexpr char kVerifiers[] = "postern:rules:{script-passwords}";  // user -> RFC 5803
// 32 letters and digits that nobody takes for each other: 5 bits each, 100 in all.
constexpr char kAlphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
constexpr size_t kLength = 20, kGroup = 5, kSaltBytes = 16;
// What is random needs no slow hash; RFC 7677 names this number.
constexpr unsigned kIterations = 4096;

crypto::Secret MakePassword() {
  std::string random = crypto::RandomBytes(kLength);
  std::string text;
  text.reserve(kLength + kLength / kGroup);
  for (size_t i = 0; i < random.size(); ++i) {
    if (i > 0 && i % kGroup == 0) text.push_back('-');
    text.push_back(kAlphabet[static_cast<unsigned char>(random[i]) % (sizeof(kAlphabet) - 1)]);
  }
  crypto::Secret password(text);
  crypto::Wipe(text);
  crypto::Wipe(random);
  return password;
}

}  // namespace

net::Task<absl::StatusOr<crypto::Secret>> ScriptPasswords::Create(std::string user) {
  crypto::Secret password = MakePassword();
  const crypto::ScramVerifier verifier =
      crypto::MakeScramVerifier(password, crypto::RandomBytes(kSaltBytes), kIterations);
  std::vector<std::string> command{"HSET", kVerifiers, std::move(user), crypto::ToText(verifier)};
  auto stored = co_await redis_.Command(std::move(command));
  if (!stored.ok()) co_return stored.status();
  co_return password;
}

net::Task<absl::Status> ScriptPasswords::Revoke(std::string user) {
  std::vector<std::string> command{"HDEL", kVerifiers, std::move(user)};
  auto removed = co_await redis_.Command(std::move(command));
  co_return removed.status();
}

net::Task<absl::StatusOr<std::optional<crypto::ScramVerifier>>> ScriptPasswords::Find(
    std::string user) {
  std::vector<std::string> command{"HGET", kVerifiers, std::move(user)};
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  co_return crypto::ReadScramVerifier(found->text);
}

net::Task<absl::StatusOr<bool>> ScriptPasswords::Check(std::string user, crypto::Secret password) {
  auto verifier = co_await Find(std::move(user));
  if (!verifier.ok()) co_return verifier.status();
  // As long for a user who has none: nobody finds out who has.
  const crypto::ScramVerifier nobody{kIterations, std::string(kSaltBytes, 'x'),
                                     std::string(32, '\0'), std::string(32, '\0')};
  const bool right = crypto::IsPassword(password, verifier->value_or(nobody));
  co_return right && verifier->has_value();
}

}  // namespace postern::rules
