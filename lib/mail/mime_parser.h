#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"
#include "lib/mail/mail.h"

namespace postern::mail {

// Bounds on what one mail may cost, whatever its author does (fault case F9).
// Past a bound the rest is left out and a defect says so; it is never an error.
struct ParseLimits {
  size_t header_bytes = 256 * 1024;
  size_t headers = 500;     // fields
  size_t addresses = 500;   // in each address field
  size_t references = 100;  // the newest are kept, and the first
  size_t depth = 64;        // nested multiparts and messages
  size_t parts = 1000;
  size_t text_bytes = 512 * 1024;  // of `text`, cut at a code point
  size_t subject_bytes = 2048;
};

// Parses a message, or the beginning of one: `message` may be cut off anywhere
// (the fetcher does not fetch 30 MB to show 60 KB of text); pass the real size
// as `full_size`, 0 when `message` is whole. Never fails: what can't be read is
// shown as well as it can be, with a defect. Time and memory are linear.
//
// Text: the first text/plain (or text/html made readable) of each alternative,
// all inline text parts joined; charset as declared, else UTF-8, else
// windows-1252; format=flowed is unwrapped (RFC 3676). A text part with a file
// name or "attachment" disposition, and every other leaf, is an attachment. An
// attached message/rfc822 is one attachment, named by its subject.
Mail ParseMail(absl::string_view message, size_t full_size = 0, const ParseLimits& limits = {});

}  // namespace postern::mail
