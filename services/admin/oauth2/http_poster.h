#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"

namespace postern::admin {

// A form for a provider's endpoint.
struct HttpPost {
  std::string url;
  crypto::Secret form;           // application/x-www-form-urlencoded
  crypto::Secret authorization;  // "Basic …"; empty: none
};

struct HttpAnswer {
  int status = 0;
  std::string body;  // at most 64 KiB; may hold secrets, which are the caller's to wipe
};

// Speaks to the endpoints of OAuth2 providers. CurlPoster (curl_poster.h) for real, a script in
// tests.
class HttpPoster {
 public:
  virtual ~HttpPoster() = default;
  // Any answer is one, whatever its status; redirects are not followed. kUnavailable: none,
  // within 20 s; the message says why, with nothing of what was sent.
  virtual net::Task<absl::StatusOr<HttpAnswer>> Post(HttpPost post) = 0;
};

}  // namespace postern::admin
