#pragma once

#include "absl/status/status.h"
#include "lib/words/wording.h"

namespace postern::net {

// What of an account's settings a failed Dial or StartTls speaks against.
enum class Suspect { kNone, kHost, kPort, kSecurity };

// An error of Dial or StartTls: a sentence for the user that names the host, and
// which setting to look at.
absl::Status DialError(absl::StatusCode code, const words::Wording& wording, Suspect suspect);
// kNone for any other error.
Suspect SuspectOf(const absl::Status& status);

}  // namespace postern::net
