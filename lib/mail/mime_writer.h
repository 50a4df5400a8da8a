#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/mail/outgoing_mail.h"

namespace postern::mail {

// Writes the RFC 5322 form: CRLF line ends, no bare CR or LF, no line over 998 bytes, bodies in an
// encoding that any relay carries (7bit, quoted-printable or base64), headers 7-bit (RFC 2047)
// but for addresses whose local part is not ASCII (RFC 6532). The text is format=flowed
// (RFC 3676). What is there is nested as mail clients expect it:
//
//   mixed( alternative( text, related( html, images ) ), attachments )
//
// The same mail with the same `boundary` gives the same bytes.
// kInvalidArgument when a field holds a line break or a control character, or an address beyond
// ASCII with an ASCII local part (domain_name.h): nothing a user says becomes a header.
// To: "undisclosed-recipients:;" is written when `to` and `cc` are both empty.
absl::StatusOr<std::string> WriteMail(const OutgoingMail& mail);

}  // namespace postern::mail
