#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::mail {

// A body as it goes into a message.
struct EncodedBody {
  std::string transfer_encoding;  // "7bit", "quoted-printable" or "base64"
  std::string bytes;              // CRLF line ends
};

enum class TextShape {
  kFixed,
  kFlowed,  // a space at a line's end means something, and long words may stand (RFC 3676 4.2)
};

// Chooses the most readable encoding that survives any relay. `text` is UTF-8
// with LF line ends; the result ends with a line end unless it is empty.
EncodedBody EncodeBody(absl::string_view text, TextShape shape = TextShape::kFixed);

// Any bytes, in lines of 76 characters (RFC 2045 section 6.8).
std::string Base64Lines(absl::string_view bytes);

// Goes through any relay as it is: ASCII without NUL, CRLF line ends alone, no line over 998 bytes.
bool IsSevenBit(absl::string_view bytes);

}  // namespace postern::mail
