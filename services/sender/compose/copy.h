#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "services/sender/compose/mail_composer.h"

namespace postern::sender {

// A mail that exists already, for somebody else.
struct CopyOrder {
  std::string account_id;
  mail::Address from;  // the account's own
  std::vector<mail::Address> recipients;
  absl::string_view mail;  // RFC 5322
  bool headers_only = false;
};

// Each copy bears this field once for each recipient, at its top: what it was copied for. A mail
// that comes round bears it already.
inline constexpr char kCopiedField[] = "X-Postern-Copied";

// As it is (RFC 5228 section 4.2): the envelope is the account's, but "<>" where it was that
// (RFC 5321 section 4.5.5) and for automatic answers (RFC 3834 section 3.3); nothing in it changes
// but bare CR and LF, which become line ends, NUL, which no server takes, and Bcc and Resent-Bcc,
// which are left out. Or `headers_only`: a new mail with a short note and the header as
// text/rfc822-headers (RFC 6522 section 4), and nothing of the body.
//
// kInvalidArgument: it is no mail, or a recipient is none; kResourceExhausted: too large, too many
// recipients; kFailedPrecondition: it came round. A recipient to whom it was copied before
// is left out; when nobody is left, it came round. More than 50 servers were enough
// (Received fields), and of a copy no headers are copied. In words for the author.
absl::StatusOr<ComposedMail> ComposeCopy(const CopyOrder& order, absl::string_view key,
                                         int64_t date_unix);

}  // namespace postern::sender
