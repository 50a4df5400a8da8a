#pragma once

#include <cstdint>
#include <string>

#include "lib/crypto/secret_box.h"

namespace postern::sasl {

// By what a user is known to a mail server.
struct Credentials {
  enum class Kind {
    kPassword,
    kAccessToken,  // OAuth2: a bearer token (RFC 6750)
  };
  Kind kind = Kind::kPassword;
  std::string login;
  crypto::Secret secret;
  std::string host;  // the server's, as the user gave it; OAUTHBEARER says it back
  uint16_t port = 0;
};

}  // namespace postern::sasl
