#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "lib/mail/mail.h"

namespace postern::mail {

// A date as header fields have it (RFC 5322 section 3.3, and what mailers make of it),
// as Unix time; 0 when it makes no sense, or lies before 1970 or after the year 9999.
int64_t DecodeDate(absl::string_view text);

// When the server that keeps the mail got it: the date of its topmost Received field
// (RFC 5321 section 4.4). 0 when there is none that makes sense.
int64_t ReceivedTime(const Mail& mail);

}  // namespace postern::mail
