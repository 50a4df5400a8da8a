#include "lib/crypto/secret_box.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/digest.h"

namespace postern::crypto {
namespace {

constexpr char kVersion = 1;
constexpr size_t kKeyBytes = 32, kNonceBytes = 12, kTagBytes = 16, kMaxName = 64;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

bool IsKeyName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

// `body` is nonce, ciphertext and tag. Nothing: not sealed with this key, or not for `bound_to`.
std::optional<Secret> Decrypt(const Secret& key, absl::string_view body,
                              absl::string_view bound_to) {
  const absl::string_view nonce = body.substr(0, kNonceBytes);
  std::string tag(body.substr(body.size() - kTagBytes));
  body.remove_prefix(kNonceBytes);
  body.remove_suffix(kTagBytes);
  std::string plain(body.size(), '\0');
  int n = 0;
  Cipher ctx(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  EVP_DecryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, Bytes(key.Reveal()), Bytes(nonce));
  EVP_DecryptUpdate(ctx.get(), nullptr, &n, Bytes(bound_to), static_cast<int>(bound_to.size()));
  EVP_DecryptUpdate(ctx.get(), Bytes(plain), &n, Bytes(body), static_cast<int>(body.size()));
  EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data());
  std::optional<Secret> opened;
  if (EVP_DecryptFinal_ex(ctx.get(), nullptr, &n) == 1) opened.emplace(plain);
  Wipe(plain);
  return opened;
}

}  // namespace

void Wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.capacity());
  text.clear();
}

Secret::~Secret() { Wipe(text_); }

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  Wipe(text_);
  text_ = other.text_;
  return *this;
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { Wipe(other.text_); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  Wipe(text_);
  text_ = std::move(other.text_);
  Wipe(other.text_);  // a short string leaves its text behind when moved from
  return *this;
}

absl::StatusOr<SecretBox> SecretBox::FromFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return absl::NotFoundError(absl::StrCat("key file ", path, ": ", std::strerror(errno)));
  }
  std::stringstream text;
  text << file.rdbuf();
  return FromText(text.str(), path);
}

absl::StatusOr<SecretBox> SecretBox::FromText(absl::string_view text, absl::string_view origin) {
  SecretBox box;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const auto where = absl::StrCat("key file ", origin, ", line ", number, ": ");
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (!IsKeyName(parts.first)) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, "expected NAME:BASE64, the name of letters, digits and dashes"));
    }
    std::string key;
    if (!absl::Base64Unescape(parts.second, &key) || key.size() != kKeyBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, "expected 32 bytes in base64; 'posternctl key new' makes a line"));
    }
    box.keys_.push_back(Key{std::string(parts.first), Secret(key)});
    Wipe(key);
  }
  if (box.keys_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("key file ", origin, ": holds no key; 'posternctl key new' makes a line"));
  }
  return box;
}

std::string SecretBox::NewKeyLine(absl::string_view name) {
  return absl::StrCat(name, ":", absl::Base64Escape(RandomBytes(kKeyBytes)));
}

// Sealed form: version, length of the key name, key name, nonce, ciphertext, tag.
std::string SecretBox::Seal(const Secret& plain, absl::string_view bound_to) const {
  const Key& key = keys_.front();
  std::string out;
  out.push_back(kVersion);
  out.push_back(static_cast<char>(key.name.size()));
  out += key.name;
  const std::string nonce = RandomBytes(kNonceBytes);
  out += nonce;
  std::string body(plain.Reveal().size(), '\0'), tag(kTagBytes, '\0');
  int n = 0;
  Cipher ctx(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  EVP_EncryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, Bytes(key.bytes.Reveal()),
                     Bytes(nonce));
  EVP_EncryptUpdate(ctx.get(), nullptr, &n, Bytes(bound_to), static_cast<int>(bound_to.size()));
  EVP_EncryptUpdate(ctx.get(), Bytes(body), &n, Bytes(plain.Reveal()),
                    static_cast<int>(plain.Reveal().size()));
  EVP_EncryptFinal_ex(ctx.get(), nullptr, &n);
  EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data());
  return absl::StrCat(out, body, tag);
}

absl::StatusOr<Secret> SecretBox::Open(absl::string_view sealed, absl::string_view bound_to) const {
  const auto damaged = absl::DataLossError("the sealed password is damaged");
  if (sealed.size() < 2 || sealed[0] != kVersion) return damaged;
  const size_t name_size = static_cast<unsigned char>(sealed[1]);
  if (sealed.size() < 2 + name_size + kNonceBytes + kTagBytes) return damaged;
  const absl::string_view name = sealed.substr(2, name_size);
  const absl::string_view body = sealed.substr(2 + name_size);
  bool is_known = false;
  for (const Key& key : keys_) {
    if (key.name != name) continue;
    is_known = true;
    if (auto plain = Decrypt(key.bytes, body, bound_to)) return *std::move(plain);
  }
  if (!is_known) {
    return absl::FailedPreconditionError(
        absl::StrCat("the password was sealed with key '", absl::CHexEscape(name),
                     "', which the master key file does not hold"));
  }
  return absl::DataLossError(
      absl::StrCat("the sealed password is damaged, belongs to another account, or was sealed with "
                   "another key of the name '",
                   absl::CHexEscape(name), "'"));
}

}  // namespace postern::crypto
