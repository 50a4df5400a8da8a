#include "lib/sasl/exchange.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/crypto/password_digest.h"
#include "lib/crypto/secret_words.h"
#include "lib/sasl/scram.h"
#include "lib/words/wording.h"

namespace postern::sasl {

namespace {

constexpr int kMaxSteps = 8;  // no mechanism of ours has as many
constexpr char kNul = '\0';
constexpr char kEnd[] = "\x01";  // what RFC 7628 calls kvsep

absl::Status Unsendable(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("sasl: the ", what, " holds a character that can't be sent"));
}

class Plain final : public Exchange {
 public:
  explicit Plain(const Credentials& credentials)
      : response_(crypto::Join({absl::string_view(&kNul, 1), credentials.login,
                                absl::string_view(&kNul, 1), credentials.secret.Reveal()})) {}
  bool SpeaksFirst() const override { return true; }

 private:
  absl::StatusOr<crypto::Secret> Step(absl::string_view) override {
    if (spent()) return absl::DataLossError("sasl: PLAIN goes on");
    Spend();
    return std::move(response_);
  }

  crypto::Secret response_;
};

// The user name, then the password; what the server says to ask for them is of no use.
class Login final : public Exchange {
 public:
  explicit Login(const Credentials& credentials)
      : login_(credentials.login), password_(credentials.secret) {}
  bool SpeaksFirst() const override { return false; }

 private:
  absl::StatusOr<crypto::Secret> Step(absl::string_view) override {
    if (spent()) return absl::DataLossError("sasl: LOGIN goes on");
    if (!std::exchange(told_login_, true)) return crypto::Secret(login_);
    Spend();
    return std::move(password_);
  }

  const std::string login_;
  crypto::Secret password_;
  bool told_login_ = false;
};

class CramMd5 final : public Exchange {
 public:
  explicit CramMd5(const Credentials& credentials)
      : login_(credentials.login), password_(credentials.secret) {}
  bool SpeaksFirst() const override { return false; }

 private:
  absl::StatusOr<crypto::Secret> Step(absl::string_view challenge) override {
    if (spent()) return absl::DataLossError("sasl: CRAM-MD5 goes on");
    // Without one, the same response would be good for ever.
    if (challenge.empty()) return absl::DataLossError("sasl: CRAM-MD5 without a challenge");
    Spend();
    const std::string digest = crypto::HmacMd5Hex(password_, challenge);
    return crypto::Join({login_, " ", digest});
  }
  bool ReadsChallenges() const override { return true; }

  const std::string login_;
  const crypto::Secret password_;
};

// An access token. A refusal comes as a challenge that says why; it is answered, and
// then the command is refused (RFC 7628 section 3.2.3; Google and Microsoft say the same of
// XOAUTH2, with an empty answer).
class Bearer final : public Exchange {
 public:
  Bearer(crypto::Secret response, absl::string_view answer_to_refusal)
      : response_(std::move(response)), answer_to_refusal_(answer_to_refusal) {}
  bool SpeaksFirst() const override { return true; }
  absl::Status Finish() override {
    return refused_ ? absl::DataLossError("sasl: refused, and let in") : absl::OkStatus();
  }

 private:
  absl::StatusOr<crypto::Secret> Step(absl::string_view) override {
    if (spent()) {
      refused_ = true;
      return crypto::Secret(answer_to_refusal_);
    }
    Spend();
    return std::move(response_);
  }

  crypto::Secret response_;
  const std::string answer_to_refusal_;
  bool refused_ = false;
};

bool HasControls(absl::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  }
  return false;
}

std::unique_ptr<Exchange> XOAuth2(const Credentials& credentials) {
  crypto::Secret response = crypto::Join(
      {"user=", credentials.login, kEnd, "auth=Bearer ", credentials.secret.Reveal(), kEnd, kEnd});
  return std::make_unique<Bearer>(std::move(response), "");
}

std::unique_ptr<Exchange> OAuthBearer(const Credentials& credentials) {
  const std::string user = absl::StrReplaceAll(credentials.login, {{"=", "=3D"}, {",", "=2C"}});
  const std::string port = absl::StrCat(credentials.port);
  crypto::Secret response =
      crypto::Join({"n,a=", user, ",", kEnd, "host=", credentials.host, kEnd, "port=", port, kEnd,
                    "auth=Bearer ", credentials.secret.Reveal(), kEnd, kEnd});
  return std::make_unique<Bearer>(std::move(response), kEnd);
}

}  // namespace

absl::Status NotProven() {
  return words::Error(
      absl::StatusCode::kFailedPrecondition,
      words::Word("the mail server did not prove that it knows the password, so somebody may be in "
                  "between; nothing more was sent"));
}

absl::StatusOr<std::unique_ptr<Exchange>> Exchange::Begin(Mechanism mechanism,
                                                          const Credentials& credentials) {
  const bool token = credentials.kind == Credentials::Kind::kAccessToken;
  if (absl::StrContains(credentials.login, kNul) || (token && HasControls(credentials.login))) {
    return Unsendable("user name");
  }
  const std::string& secret = credentials.secret.Reveal();
  if (absl::StrContains(secret, kNul) || (token && HasControls(secret))) {
    return Unsendable(token ? "access token" : "password");
  }
  if (token && HasControls(credentials.host)) return Unsendable("host");
  switch (mechanism) {
    case Mechanism::kOAuthBearer:
      return OAuthBearer(credentials);
    case Mechanism::kXOAuth2:
      return XOAuth2(credentials);
    case Mechanism::kScramSha256:
    case Mechanism::kScramSha1:
      return BeginScram(mechanism, credentials);
    case Mechanism::kCramMd5:
      return std::make_unique<CramMd5>(credentials);
    case Mechanism::kPlain:
      return std::make_unique<Plain>(credentials);
    case Mechanism::kLogin:
      return std::make_unique<Login>(credentials);
  }
  return absl::InternalError("sasl: no such mechanism");
}

absl::StatusOr<crypto::Secret> Exchange::Respond(absl::string_view challenge) {
  if (++steps_ > kMaxSteps) return absl::DataLossError("sasl: the login never ends");
  std::string decoded;
  // A mechanism that speaks first is asked for nothing yet; servers that prompt all the same
  // do so in any words.
  const bool prompt = steps_ == 1 && SpeaksFirst();
  if (!prompt && !absl::Base64Unescape(challenge, &decoded)) {
    // The answers of LOGIN and to a refused token don't depend on what was said.
    decoded.clear();
    if (ReadsChallenges()) return absl::DataLossError("sasl: a challenge that is not in base64");
  }
  auto response = Step(decoded);
  if (!response.ok()) return response;
  return crypto::Base64(response->Reveal());
}

}  // namespace postern::sasl
