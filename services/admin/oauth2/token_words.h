#pragma once

#include <chrono>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/crypto/password_mask.h"
#include "lib/crypto/secret_box.h"
#include "services/admin/oauth2/http_poster.h"
#include "services/admin/oauth2/provider.h"

// What is said to a provider's endpoints, and what they answer. All pure.
namespace postern::admin {

// --- said -------------------------------------------------------------------------
// Where the browser goes for consent: RFC 6749 section 4.1.1, with PKCE (RFC 7636, S256).
struct ConsentRequest {
  std::string redirect_url, state, verifier;
  std::string login;  // a hint whose mailbox it is about
};
std::string ConsentUrl(const OAuth2Provider& provider, const ConsentRequest& request);
// BASE64URL(SHA256(verifier)); RFC 7636 section 4.2.
std::string ChallengeOf(absl::string_view verifier);

// RFC 6749 section 4.1.3, section 6; RFC 8628 sections 3.1 and 3.4.
HttpPost CodePost(const OAuth2Provider& provider, const crypto::Secret& code,
                  const std::string& verifier, const std::string& redirect_url);
HttpPost RefreshPost(const OAuth2Provider& provider, const crypto::Secret& refresh_token);
HttpPost DevicePost(const OAuth2Provider& provider);
HttpPost DeviceCodePost(const OAuth2Provider& provider, const crypto::Secret& device_code);
// Takes what is secret in a request out of what a provider says of it: some repeat it.
crypto::PasswordMask MaskFor(const HttpPost& post);

// --- answered ---------------------------------------------------------------------
struct TokenAnswer {
  enum class Kind {
    kGranted,
    kPending,      // the user has not decided yet (RFC 8628 section 3.5)
    kSlowDown,     // ask 5 s less often from now on (same)
    kRefused,      // the grant is of no use: expired, revoked, refused by the user
    kWrongClient,  // the provider does not take us: the operator's configuration is wrong
    kNotNow,       // no answer, or that of a server in trouble
    kNonsense,     // an answer that makes no sense, to this request
  };
  Kind kind = Kind::kNotNow;
  std::string why;  // one line for logs and people; nothing secret
  crypto::Secret access_token;
  crypto::Secret refresh_token;  // empty: the one before stays, where there is one
  std::chrono::seconds lifetime{0};
};
// RFC 6749 sections 5.1 and 5.2. Wipes `answer`.
TokenAnswer ReadTokenAnswer(HttpAnswer answer, const crypto::PasswordMask& mask = {});

struct DeviceAnswer {
  bool granted = false;
  std::string why;  // when not
  crypto::Secret device_code;
  std::string user_code, url;
  std::chrono::seconds lifetime{0}, interval{5};
};
// RFC 8628 section 3.2. Wipes `answer`.
DeviceAnswer ReadDeviceAnswer(HttpAnswer answer, const crypto::PasswordMask& mask = {});

}  // namespace postern::admin
