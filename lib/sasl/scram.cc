#include "lib/sasl/scram.h"

#include <gsasl.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/password_digest.h"

namespace postern::sasl {

namespace {

constexpr absl::string_view kErrorMark = "e=";  // RFC 5802 section 7, server-error

// The library's view of a login is asked for by this.
int Provide(Gsasl* context, Gsasl_session* session, Gsasl_property property);

// Null when the library can't be had, which is a lack of memory.
Gsasl* Context() {
  static Gsasl* const context = [] {
    Gsasl* made = nullptr;
    if (gsasl_init(&made) != GSASL_OK) return static_cast<Gsasl*>(nullptr);
    gsasl_callback_set(made, Provide);
    return made;
  }();
  return context;
}

void WipeBytes(char* bytes, size_t size) {
  volatile char* at = bytes;
  for (size_t i = 0; i < size; ++i) at[i] = '\0';
}

// SASLprep (RFC 4013), which changes nothing of most passwords.
absl::StatusOr<crypto::Secret> Prepare(const crypto::Secret& password) {
  const std::string& text = password.Reveal();
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (plain) return password;
  char* prepared = nullptr;
  if (gsasl_saslprep(text.c_str(), GSASL_ALLOW_UNASSIGNED, &prepared, nullptr) != GSASL_OK) {
    return absl::UnimplementedError("sasl: SCRAM can't carry this password");
  }
  const size_t size = std::strlen(prepared);
  crypto::Secret secret{absl::string_view(prepared, size)};
  WipeBytes(prepared, size);
  gsasl_free(prepared);
  return secret;
}

class Scram final : public Exchange {
 public:
  Scram(Mechanism mechanism, const Credentials& credentials, crypto::Secret password)
      : hash_(mechanism == Mechanism::kScramSha256 ? crypto::Hash::kSha256 : crypto::Hash::kSha1),
        login_(credentials.login),
        password_(std::move(password)) {
    const std::string name(NameOf(mechanism));
    if (Context() == nullptr ||
        gsasl_client_start(Context(), name.c_str(), &session_) != GSASL_OK) {
      session_ = nullptr;
      return;
    }
    gsasl_session_hook_set(session_, this);
  }
  ~Scram() override {
    if (session_ == nullptr) return;
    // As good as the password to whoever talks to this server.
    const char* salted = gsasl_property_fast(session_, GSASL_SCRAM_SALTED_PASSWORD);
    if (salted != nullptr) WipeBytes(const_cast<char*>(salted), std::strlen(salted));
    gsasl_finish(session_);
  }

  bool usable() const { return session_ != nullptr; }
  bool SpeaksFirst() const override { return true; }
  absl::Status Finish() override { return proven_ ? absl::OkStatus() : NotProven(); }
  int Provide(Gsasl_property property);

 private:
  absl::StatusOr<crypto::Secret> Step(absl::string_view challenge) override;
  bool ReadsChallenges() const override { return true; }
  int ProvideSaltedPassword();

  const crypto::Hash hash_;
  const std::string login_;
  const crypto::Secret password_;
  Gsasl_session* session_ = nullptr;
  bool too_many_iterations_ = false;
  bool refused_ = false;
  bool proven_ = false;
};

int Provide(Gsasl*, Gsasl_session* session, Gsasl_property property) {
  auto* const scram = static_cast<Scram*>(gsasl_session_hook_get(session));
  return scram == nullptr ? GSASL_NO_CALLBACK : scram->Provide(property);
}

int Scram::Provide(Gsasl_property property) {
  if (property == GSASL_AUTHID) return gsasl_property_set(session_, property, login_.c_str());
  if (property == GSASL_SCRAM_SALTED_PASSWORD) return ProvideSaltedPassword();
  return GSASL_NO_CALLBACK;
}

// The library has read the salt and the count of iterations by now.
int Scram::ProvideSaltedPassword() {
  const char* const count = gsasl_property_fast(session_, GSASL_SCRAM_ITER);
  const char* const coded = gsasl_property_fast(session_, GSASL_SCRAM_SALT);
  std::string salt;
  unsigned iterations = 0;
  if (count == nullptr || coded == nullptr || !absl::Base64Unescape(coded, &salt)) {
    return GSASL_MECHANISM_PARSE_ERROR;
  }
  if (!absl::SimpleAtoi(count, &iterations) || iterations > kMaxScramIterations) {
    too_many_iterations_ = true;
    return GSASL_NO_CALLBACK;
  }
  const crypto::Secret salted = crypto::SaltedPasswordHex(hash_, password_, salt, iterations);
  return gsasl_property_set(session_, GSASL_SCRAM_SALTED_PASSWORD, salted.Reveal().c_str());
}

absl::StatusOr<crypto::Secret> Scram::Step(absl::string_view challenge) {
  if (proven_) return absl::DataLossError("sasl: SCRAM goes on");
  // The command is refused next, when this was answered by nothing.
  if (absl::StartsWith(challenge, kErrorMark)) {
    if (std::exchange(refused_, true)) return absl::DataLossError("sasl: SCRAM goes on");
    return crypto::Secret();
  }
  char* output = nullptr;
  size_t size = 0;
  const int step = gsasl_step(session_, challenge.data(), challenge.size(), &output, &size);
  crypto::Secret response;
  if (output != nullptr) {
    response = crypto::Secret(absl::string_view(output, size));
    WipeBytes(output, size);
    gsasl_free(output);
  }
  if (step == GSASL_OK) {
    proven_ = true;
    return response;
  }
  if (step == GSASL_NEEDS_MORE) {
    // The first message has the user name in it, the second one the proof.
    if (gsasl_property_fast(session_, GSASL_SCRAM_SALTED_PASSWORD) != nullptr) Spend();
    return response;
  }
  if (too_many_iterations_) {
    return absl::UnimplementedError("sasl: the server wants too many rounds of hashing");
  }
  if (spent()) return NotProven();
  return absl::DataLossError(absl::StrCat("sasl: SCRAM: ", gsasl_strerror_name(step)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Exchange>> BeginScram(Mechanism mechanism,
                                                     const Credentials& credentials) {
  auto password = Prepare(credentials.secret);
  if (!password.ok()) return password.status();
  auto scram = std::make_unique<Scram>(mechanism, credentials, *std::move(password));
  if (!scram->usable()) return absl::UnimplementedError("sasl: SCRAM can't be had");
  return scram;
}

}  // namespace postern::sasl
