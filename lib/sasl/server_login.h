#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/scram_verifier.h"
#include "lib/crypto/secret_box.h"

// The server's side of logins (RFC 4422), whatever protocol carries them. Messages are in base 64
// both ways; kInvalidArgument: what the client sent is none of the mechanism's.
namespace postern::sasl {

// Who the client says it is. Not yet checked, and not prepared in any way.
struct Claim {
  std::string user;    // whose password it knows
  std::string act_as;  // whose things it wants to see to; empty: its own
};

// The client's one message of PLAIN. RFC 4616 section 2.
struct PlainLogin {
  Claim claim;
  crypto::Secret password;
};
absl::StatusOr<PlainLogin> ReadPlain(absl::string_view response);

// SCRAM-SHA-256 (RFC 7677), without channel binding. GNU SASL has the messages and the check.
// Who asks is read first, so that their verifier can be looked up:
//   auto claim = ReadScramClaim(first);
//   auto login = ScramLogin::Begin(verifier of claim->user);
//   challenge with login->Challenge(first), then send login->Judge(final) with the success.
absl::StatusOr<Claim> ReadScramClaim(absl::string_view client_first);

class ScramLogin {
 public:
  // Null when the library can't be had, which is a lack of memory.
  static std::unique_ptr<ScramLogin> Begin(const crypto::ScramVerifier& verifier);
  virtual ~ScramLogin() = default;

  // To the client's first message: salt and count.
  virtual absl::StatusOr<std::string> Challenge(absl::string_view client_first) = 0;
  // To its second: what proves us to the client. kUnauthenticated: it does not know the password.
  virtual absl::StatusOr<std::string> Judge(absl::string_view client_final) = 0;
};

}  // namespace postern::sasl
