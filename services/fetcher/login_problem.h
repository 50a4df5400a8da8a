#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/dial_error.h"
#include "lib/words/wording.h"

// What stands in the way of a login, the same in IMAP and POP3, in sentences for the user.
namespace postern::fetcher::login_problem {

inline absl::Status NoStartTls(const std::string& host) {
  return net::DialError(
      absl::StatusCode::kFailedPrecondition,
      words::Word("$0 offers no STARTTLS on this port; choose TLS from the start", host),
      net::Suspect::kSecurity);
}

inline absl::Status Unsendable() {
  return words::Error(
      absl::StatusCode::kInvalidArgument,
      words::Word("the user name or the password holds a line break or another character that "
                  "can't be sent"));
}

}  // namespace postern::fetcher::login_problem
