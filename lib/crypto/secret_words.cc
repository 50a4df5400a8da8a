#include "lib/crypto/secret_words.h"

#include <string>

#include "absl/strings/escaping.h"

namespace postern::crypto {
namespace {

Secret TakeFrom(std::string& text) {
  Secret secret(text);
  Wipe(text);
  return secret;
}

}  // namespace

Secret Join(std::initializer_list<absl::string_view> pieces) {
  size_t size = 0;
  for (absl::string_view piece : pieces) size += piece.size();
  std::string text;
  text.reserve(size);  // growing would leave the beginning behind
  for (absl::string_view piece : pieces) text.append(piece.data(), piece.size());
  return TakeFrom(text);
}

Secret Base64(absl::string_view text) {
  std::string coded = absl::Base64Escape(text);
  return TakeFrom(coded);
}

Secret SaslPlain(absl::string_view login, absl::string_view password) {
  const absl::string_view nul("\0", 1);
  const Secret plain = Join({nul, login, nul, password});
  return Base64(plain.Reveal());
}

}  // namespace postern::crypto
