#include "lib/crypto/password_mask.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "lib/crypto/secret_words.h"

namespace postern::crypto {
namespace {

constexpr char kMask[] = "***";
constexpr size_t kShort = 4;
constexpr size_t kShortestForm = 16;

Secret Lower(absl::string_view text) {
  std::string lower = absl::AsciiStrToLower(text);
  Secret secret(lower);
  Wipe(lower);
  return secret;
}

Secret Quoted(absl::string_view text) {
  std::string quoted = absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}});
  Secret secret(quoted);
  Wipe(quoted);
  return secret;
}

// A server may leave the padding out.
absl::string_view WithoutPadding(absl::string_view base64) {
  while (absl::ConsumeSuffix(&base64, "=")) {
  }
  return base64;
}

}  // namespace

PasswordMask::PasswordMask(absl::string_view login, absl::string_view password)
    : short_(password.size() < kShort) {
  if (password.empty()) return;
  forms_.push_back(Lower(password));
  forms_.push_back(Lower(Quoted(password).Reveal()));
  forms_.push_back(Lower(WithoutPadding(Base64(password).Reveal())));
  forms_.push_back(Lower(WithoutPadding(SaslPlain(login, password).Reveal())));
  SortForms();
}

void PasswordMask::AlsoMask(absl::string_view form) {
  // What is shorter may be part of anything.
  if (WithoutPadding(form).size() < kShortestForm) return;
  forms_.push_back(Lower(WithoutPadding(form)));
  SortForms();
}

// The longest that fits is taken out.
void PasswordMask::SortForms() {
  std::sort(forms_.begin(), forms_.end(), [](const Secret& one, const Secret& other) {
    return one.Reveal().size() > other.Reveal().size();
  });
}

std::string PasswordMask::Mask(absl::string_view words) const {
  if (forms_.empty()) return std::string(words);
  const Secret lower = Lower(words);
  std::string masked;
  for (size_t at = 0; at < words.size();) {
    const absl::string_view rest = absl::string_view(lower.Reveal()).substr(at);
    const auto found = std::find_if(forms_.begin(), forms_.end(), [rest](const Secret& form) {
      return absl::StartsWith(rest, form.Reveal());
    });
    if (found == forms_.end()) {
      masked.push_back(words[at++]);
      continue;
    }
    if (short_) return kMask;
    masked += kMask;
    at += found->Reveal().size();
  }
  return masked;
}

}  // namespace postern::crypto
