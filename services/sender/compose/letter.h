#pragma once

#include <string>

#include "services/sender/compose/draft.h"

namespace postern::sender {

// What a mail says, in both forms.
struct Letter {
  std::string text;  // UTF-8, LF line ends
  std::string html;  // empty: the text says it all
};

inline constexpr size_t kMaxReplyQuote = 64 * 1024;

// Puts the author's text, the signature and the mail that is answered or forwarded together, in
// this order. Below a signature behind "-- " mail clients take all for signature (RFC 3676
// section 4.3), so with a quote it stands without that mark. Of an answered mail kMaxReplyQuote
// bytes are quoted, one forwarded is whole.
Letter WriteLetter(const Draft& draft);

}  // namespace postern::sender
