#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

struct EncodedBody {
  const char* transfer_encoding;  // "7bit", "quoted-printable" or "base64"
  std::string bytes;              // CRLF line ends, the last line ended
};

// Puts a text (UTF-8, LF line ends) into a form that any relay carries
// unchanged: 7bit when it is ASCII with short lines, quoted-printable while that
// stays readable, else base64.
EncodedBody EncodeBody(absl::string_view text);

}  // namespace postern::mail
