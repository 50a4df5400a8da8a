#include "services/admin/oauth2/token_words.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/secret_words.h"
#include "services/admin/oauth2/url.h"
#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using std::chrono::seconds;

constexpr size_t kMaxTokenBytes = 16 * 1024;
constexpr size_t kMaxWhyBytes = 300;
constexpr seconds kLifetimeUntold(30 * 60), kLongestLifetime(24 * 3600);
constexpr seconds kShortestInterval(1), kLongestInterval(300);

HttpPost PostOf(const OAuth2Provider& provider, const std::string& url, FormFields fields) {
  HttpPost post;
  post.url = url;
  const std::string& secret = provider.client_secret.Reveal();
  const bool basic = !secret.empty() && provider.client_auth == OAuth2Provider::ClientAuth::kBasic;
  if (basic) {
    const crypto::Secret pair =
        crypto::Join({EncodeUrlText(provider.client_id), ":", EncodeUrlText(secret)});
    post.authorization = crypto::Join({"Basic ", crypto::Base64(pair.Reveal()).Reveal()});
  } else {
    fields.emplace_back("client_id", provider.client_id);
    if (!secret.empty()) fields.emplace_back("client_secret", secret);
  }
  std::string form = EncodeForm(fields);
  post.form = crypto::Secret(form);
  crypto::Wipe(form);
  for (auto& [name, value] : fields) crypto::Wipe(value);
  return post;
}

// A JSON object, whose texts are wiped when it goes.
class Answer {
 public:
  static std::optional<Answer> Read(std::string& body) {
    Answer answer;
    const bool read = google::protobuf::util::JsonStringToMessage(body, &answer.json_).ok();
    crypto::Wipe(body);
    if (!read) return std::nullopt;
    return answer;
  }
  ~Answer() {
    for (auto& [name, value] : *json_.mutable_fields()) {
      if (value.kind_case() == Value::kStringValue) crypto::Wipe(*value.mutable_string_value());
    }
  }

  const std::string& Text(const char* name) const {
    static const std::string none;
    const auto found = json_.fields().find(name);
    if (found == json_.fields().end()) return none;
    return found->second.kind_case() == Value::kStringValue ? found->second.string_value() : none;
  }
  // Some providers write numbers as texts.
  seconds Seconds(const char* name, seconds otherwise) const {
    const auto found = json_.fields().find(name);
    if (found == json_.fields().end()) return otherwise;
    double number = found->second.number_value();
    if (found->second.kind_case() == Value::kStringValue &&
        !absl::SimpleAtod(found->second.string_value(), &number)) {
      return otherwise;
    }
    if (!(number >= 1)) return seconds(1);
    const double most = static_cast<double>(kLongestLifetime.count());
    return seconds(static_cast<int64_t>(std::min(number, most)));
  }

 private:
  Struct json_;
};

// RFC 6749 appendix A.12: what is not of these signs would break out of a command.
bool IsToken(const std::string& text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

TokenAnswer::Kind KindOf(absl::string_view error, int status) {
  using Kind = TokenAnswer::Kind;
  if (error == "authorization_pending") return Kind::kPending;
  if (error == "slow_down") return Kind::kSlowDown;
  // The last three are Microsoft's: the user has to be asked once more.
  for (absl::string_view refused : {"invalid_grant", "access_denied", "expired_token",
                                    "interaction_required", "consent_required", "login_required"}) {
    if (error == refused) return Kind::kRefused;
  }
  for (absl::string_view wrong :
       {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}) {
    if (error == wrong) return Kind::kWrongClient;
  }
  const bool in_trouble = error == "temporarily_unavailable" || error == "server_error" ||
                          status >= 500 || status == 429 || status == 408;
  return in_trouble ? Kind::kNotNow : Kind::kNonsense;
}

// Masked before it is cut: half a token could not be told any more.
std::string WhyNot(const Answer& answer, int status, const crypto::PasswordMask& mask) {
  const std::string& error = answer.Text("error");
  const std::string& description = answer.Text("error_description");
  const std::string both =
      absl::StrCat(error.empty() ? absl::StrCat("HTTP status ", status) : error,
                   description.empty() ? "" : ": ", description);
  return OneLine(mask.Mask(both), kMaxWhyBytes);
}

bool IsSecret(absl::string_view field) {
  return field == "refresh_token" || field == "code" || field == "code_verifier" ||
         field == "device_code" || field == "client_secret";
}

}  // namespace

std::string ChallengeOf(absl::string_view verifier) {
  const std::string digest = absl::HexStringToBytes(crypto::Sha256Hex(verifier));
  return absl::WebSafeBase64Escape(digest);
}

std::string ConsentUrl(const OAuth2Provider& provider, const ConsentRequest& request) {
  FormFields fields = {{"response_type", "code"},
                       {"client_id", provider.client_id},
                       {"redirect_uri", request.redirect_url},
                       {"state", request.state},
                       {"code_challenge", ChallengeOf(request.verifier)},
                       {"code_challenge_method", "S256"}};
  if (!provider.scope.empty()) fields.emplace_back("scope", provider.scope);
  if (!request.login.empty()) fields.emplace_back("login_hint", request.login);
  fields.insert(fields.end(), provider.parameters.begin(), provider.parameters.end());
  const bool has_query = absl::StrContains(provider.authorization_url, '?');
  return absl::StrCat(provider.authorization_url, has_query ? "&" : "?", EncodeForm(fields));
}

HttpPost CodePost(const OAuth2Provider& provider, const crypto::Secret& code,
                  const std::string& verifier, const std::string& redirect_url) {
  return PostOf(provider, provider.token_url,
                {{"grant_type", "authorization_code"},
                 {"code", code.Reveal()},
                 {"redirect_uri", redirect_url},
                 {"code_verifier", verifier}});
}

HttpPost RefreshPost(const OAuth2Provider& provider, const crypto::Secret& refresh_token) {
  return PostOf(provider, provider.token_url,
                {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token.Reveal()}});
}

HttpPost DevicePost(const OAuth2Provider& provider) {
  FormFields fields;
  if (!provider.scope.empty()) fields.emplace_back("scope", provider.scope);
  // Most want it here whatever the client's way to say who it is (RFC 8628 section 3.1).
  const bool basic =
      !provider.client_secret.empty() && provider.client_auth == OAuth2Provider::ClientAuth::kBasic;
  if (basic) fields.emplace_back("client_id", provider.client_id);
  return PostOf(provider, provider.device_url, std::move(fields));
}

HttpPost DeviceCodePost(const OAuth2Provider& provider, const crypto::Secret& device_code) {
  return PostOf(provider, provider.token_url,
                {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                 {"device_code", device_code.Reveal()}});
}

crypto::PasswordMask MaskFor(const HttpPost& post) {
  crypto::PasswordMask mask;
  FormFields fields = DecodeForm(post.form.Reveal());
  for (auto& [name, value] : fields) {
    if (!IsSecret(name)) continue;
    std::string encoded = EncodeUrlText(value);
    mask.AlsoMask(value);
    mask.AlsoMask(encoded);
    crypto::Wipe(encoded);
    crypto::Wipe(value);
  }
  return mask;
}

TokenAnswer ReadTokenAnswer(HttpAnswer http, const crypto::PasswordMask& mask) {
  TokenAnswer answer;
  const auto json = Answer::Read(http.body);
  if (!json) {
    answer.kind = KindOf("", http.status);
    answer.why = absl::StrCat("HTTP status ", http.status, ", and no JSON object");
    return answer;
  }
  const std::string& token = json->Text("access_token");
  if (http.status != 200 || token.empty()) {
    answer.kind = KindOf(json->Text("error"), http.status);
    answer.why = WhyNot(*json, http.status, mask);
    return answer;
  }
  const std::string& type = json->Text("token_type");
  const std::string& refresh = json->Text("refresh_token");
  const bool bearer = type.empty() || absl::EqualsIgnoreCase(type, "Bearer");
  if (!bearer || !IsToken(token) || (!refresh.empty() && !IsToken(refresh))) {
    answer.kind = TokenAnswer::Kind::kNonsense;
    answer.why = "the token is none that a mail server takes";
    return answer;
  }
  answer.kind = TokenAnswer::Kind::kGranted;
  answer.access_token = crypto::Secret(token);
  answer.refresh_token = crypto::Secret(refresh);
  answer.lifetime = json->Seconds("expires_in", kLifetimeUntold);
  return answer;
}

DeviceAnswer ReadDeviceAnswer(HttpAnswer http, const crypto::PasswordMask& mask) {
  DeviceAnswer answer;
  const auto json = Answer::Read(http.body);
  if (!json) {
    answer.why = absl::StrCat("HTTP status ", http.status, ", and no JSON object");
    return answer;
  }
  answer.url = json->Text("verification_uri");
  if (answer.url.empty()) answer.url = json->Text("verification_url");  // Google's name for it
  answer.user_code = OneLine(json->Text("user_code"), 64);
  const std::string& code = json->Text("device_code");
  // Users open it: a provider's mistake must not lead them anywhere.
  const bool usable = http.status == 200 && IsToken(code) && !answer.user_code.empty() &&
                      answer.url.size() <= 512 && IsHttpsUrl(answer.url);
  if (!usable) {
    answer.why = WhyNot(*json, http.status, mask);
    return answer;
  }
  answer.granted = true;
  answer.device_code = crypto::Secret(code);
  answer.lifetime = json->Seconds("expires_in", seconds(600));
  answer.interval =
      std::clamp(json->Seconds("interval", seconds(5)), kShortestInterval, kLongestInterval);
  return answer;
}

}  // namespace postern::admin
