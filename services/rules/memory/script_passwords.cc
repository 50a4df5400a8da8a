#include "services/rules/memory/script_passwords.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"

namespace postern::rules {
namespace {

constexpr char kVerifiers[] = "postern:rules:{script-passwords}";  // user -> RFC 5803
// What makes decoys; who knows it can only find out who has a password.
constexpr char kDecoyKey[] = "postern:rules:{script-passwords}:decoy";
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

net::Task<absl::StatusOr<crypto::ScramVerifier>> ScriptPasswords::VerifierOf(std::string user) {
  std::vector<std::string> command{"HGET", kVerifiers, user};
  auto found = co_await redis_.Command(std::move(command));
  if (!found.ok()) co_return found.status();
  auto verifier = crypto::ReadScramVerifier(found->text);
  if (verifier) co_return *std::move(verifier);
  co_return co_await Decoy(std::move(user));
}

net::Task<absl::StatusOr<crypto::ScramVerifier>> ScriptPasswords::Decoy(std::string user) {
  if (decoy_key_.empty()) {
    std::vector<std::string> make{"SET", kDecoyKey, crypto::RandomId(32), "NX"};
    if (auto made = co_await redis_.Command(std::move(make)); !made.ok()) co_return made.status();
    std::vector<std::string> get{"GET", kDecoyKey};
    auto key = co_await redis_.Command(std::move(get));
    if (!key.ok()) co_return key.status();
    decoy_key_ = key->text;
  }
  const std::string digest =
      absl::HexStringToBytes(crypto::Sha256Hex(absl::StrCat(decoy_key_, "\n", user)));
  co_return crypto::ScramVerifier{kIterations, digest.substr(0, kSaltBytes), std::string(32, '\0'),
                                  std::string(32, '\0')};
}

}  // namespace postern::rules
