#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/mail/address.h"

namespace postern::mail {

// What the writer needs to know; the envelope (and with it Bcc) is not its business.
struct OutgoingMail {
  Address from;
  std::vector<Address> to, cc;
  std::string subject;                  // UTF-8
  std::string text;                     // UTF-8, LF line ends
  std::string message_id;               // without angle brackets
  std::string in_reply_to;              // without angle brackets; empty for none
  std::vector<std::string> references;  // oldest first
  int64_t date_unix = 0;
  std::string user_agent;  // "Postern/0.1"
};

// Writes the RFC 5322 form: CRLF line ends, no bare CR or LF, no line over 998
// bytes, headers 7-bit (RFC 2047) and the body text/plain; charset=utf-8 in an
// encoding that any relay carries (7bit, quoted-printable or base64).
// kInvalidArgument when a field holds
// a line break or a control character: nothing a user says becomes a header.
// To: "undisclosed-recipients:;" is written when `to` and `cc` are both empty.
absl::StatusOr<std::string> WriteMail(const OutgoingMail& mail);

}  // namespace postern::mail
