#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/dial_error.h"
#include "lib/sasl/mechanism.h"
#include "lib/words/wording.h"

// What stands in the way of a login, the same in IMAP and POP3, in sentences for the user.
namespace postern::fetcher::login_problem {

inline absl::Status NoStartTls(const std::string& host) {
  return net::DialError(
      absl::StatusCode::kFailedPrecondition,
      words::Word("$0 offers no STARTTLS on this port; choose TLS from the start", host),
      net::Suspect::kSecurity);
}

// The server takes access tokens (OAuth2), and no password by any way that it names.
inline bool WantsToken(sasl::Mechanisms offered) {
  const bool tokens =
      sasl::Choose(offered, sasl::Credentials::Kind::kAccessToken, true).has_value();
  return tokens && !sasl::Choose(offered, sasl::Credentials::Kind::kPassword, true);
}

inline absl::Status TakesOnlyToken() {
  return words::Error(
      absl::StatusCode::kFailedPrecondition,
      words::Word("the mail server takes no password, only a login by its provider (OAuth2), "
                  "which this gateway is not set up for"));
}

inline absl::Status TakesNoToken() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("the mail server takes no login by its provider (OAuth2)"));
}

inline absl::Status Unsendable() {
  return words::Error(
      absl::StatusCode::kInvalidArgument,
      words::Word("the user name or the password holds a line break or another character that "
                  "can't be sent"));
}

}  // namespace postern::fetcher::login_problem
