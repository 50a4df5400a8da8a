#include "lib/sasl/server_login.h"

#include <gsasl.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace postern::sasl {
namespace {

constexpr size_t kMostBytes = 8 * 1024;  // of a message
constexpr char kScram[] = "SCRAM-SHA-256";

absl::Status NotTheMechanism(absl::string_view mechanism) {
  return absl::InvalidArgumentError(absl::StrCat("this is no response of ", mechanism));
}

// A context without callbacks: whatever a login needs is set beforehand. Null: no memory.
Gsasl* Context() {
  static Gsasl* const context = [] {
    Gsasl* made = nullptr;
    return gsasl_init(&made) == GSASL_OK ? made : nullptr;
  }();
  return context;
}

struct FinishSession {
  void operator()(Gsasl_session* session) const { gsasl_finish(session); }
};
using SessionPtr = std::unique_ptr<Gsasl_session, FinishSession>;

SessionPtr NewSession() {
  Gsasl_session* session = nullptr;
  if (Context() == nullptr || gsasl_server_start(Context(), kScram, &session) != GSASL_OK) {
    return nullptr;
  }
  return SessionPtr(session);
}

// One step: what is to be sent, in base 64. `wanted`: what the library says when all is well.
absl::StatusOr<std::string> Step(Gsasl_session* session, absl::string_view message, int wanted) {
  std::string input;
  // A NUL would end the message for the library.
  if (message.size() > kMostBytes || !absl::Base64Unescape(message, &input) || input.empty() ||
      input.find('\0') != input.npos)
    return NotTheMechanism(kScram);
  char* output = nullptr;
  size_t size = 0;
  const int step = gsasl_step(session, input.data(), input.size(), &output, &size);
  std::string answer;
  if (output != nullptr) answer = absl::Base64Escape(absl::string_view(output, size));
  gsasl_free(output);
  if (step == wanted) return answer;
  if (step == GSASL_AUTHENTICATION_ERROR) return absl::UnauthenticatedError("sasl: not proven");
  return NotTheMechanism(kScram);
}

std::string PropertyOf(Gsasl_session* session, Gsasl_property property) {
  const char* const text = gsasl_property_fast(session, property);
  return text == nullptr ? "" : text;
}

class GnuScramLogin final : public ScramLogin {
 public:
  explicit GnuScramLogin(SessionPtr session) : session_(std::move(session)) {}

  absl::StatusOr<std::string> Challenge(absl::string_view client_first) override {
    return Step(session_.get(), client_first, GSASL_NEEDS_MORE);
  }
  absl::StatusOr<std::string> Judge(absl::string_view client_final) override {
    return Step(session_.get(), client_final, GSASL_OK);
  }

 private:
  const SessionPtr session_;
};

}  // namespace

absl::StatusOr<PlainLogin> ReadPlain(absl::string_view response) {
  std::string message;
  if (response.size() > kMostBytes || !absl::Base64Unescape(response, &message)) {
    return NotTheMechanism("PLAIN");
  }
  const size_t first = message.find('\0');
  const size_t second = first == message.npos ? first : message.find('\0', first + 1);
  PlainLogin login;
  const bool whole = second != message.npos && message.find('\0', second + 1) == message.npos;
  if (whole) {
    login.claim.act_as = message.substr(0, first);
    login.claim.user = message.substr(first + 1, second - first - 1);
    login.password = crypto::Secret(absl::string_view(message).substr(second + 1));
  }
  crypto::Wipe(message);
  if (login.claim.user.empty() || login.password.empty()) return NotTheMechanism("PLAIN");
  return login;
}

absl::StatusOr<Claim> ReadScramClaim(absl::string_view client_first) {
  // A session of its own takes the message apart; what it would answer is of no use.
  const SessionPtr session = NewSession();
  if (session == nullptr) return absl::ResourceExhaustedError("sasl: SCRAM can't be had");
  auto read = Step(session.get(), client_first, GSASL_NEEDS_MORE);
  if (!read.ok()) return NotTheMechanism(kScram);
  Claim claim;
  claim.user = PropertyOf(session.get(), GSASL_AUTHID);
  claim.act_as = PropertyOf(session.get(), GSASL_AUTHZID);
  return claim;
}

std::unique_ptr<ScramLogin> ScramLogin::Begin(const crypto::ScramVerifier& verifier) {
  SessionPtr session = NewSession();
  if (session == nullptr) return nullptr;
  const auto set = [&](Gsasl_property property, const std::string& text) {
    return gsasl_property_set(session.get(), property, text.c_str()) == GSASL_OK;
  };
  const bool ready = set(GSASL_SCRAM_ITER, absl::StrCat(verifier.iterations)) &&
                     set(GSASL_SCRAM_SALT, absl::Base64Escape(verifier.salt)) &&
                     set(GSASL_SCRAM_STOREDKEY, absl::Base64Escape(verifier.stored_key)) &&
                     set(GSASL_SCRAM_SERVERKEY, absl::Base64Escape(verifier.server_key));
  if (!ready) return nullptr;
  return std::make_unique<GnuScramLogin>(std::move(session));
}

}  // namespace postern::sasl
