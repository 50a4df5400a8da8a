#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::mail {

// A header field as it stands in the message; views into it.
struct RawField {
  absl::string_view name;
  absl::string_view body;  // still folded and encoded
};

// The header of a message or of a part (RFC 5322 section 2.2).
struct HeaderFields {
  std::vector<RawField> fields;
  size_t end = 0;           // where the body starts
  bool over_limit = false;  // fields were left out
  bool ended = false;  // a line without a colon or an empty one ended it, not the end of the input
};

// Reads the header at the start of `input`. Line ends may be LF, CRLF or mixed,
// an mbox "From " line may come first, and the header ends without an empty
// line where a line can't be a field. Never looks past its end.
HeaderFields ReadHeaderFields(absl::string_view input, size_t max_bytes, size_t max_fields);

// The first field of that name; nullptr when there is none.
const RawField* FindField(const HeaderFields& header, absl::string_view name);

// The field's body on one line: line breaks and NULs gone, ends trimmed, nothing decoded.
std::string Unfold(absl::string_view body);

// Where the line that starts at `at` ends, after its LF.
size_t NextLine(absl::string_view input, size_t at);

}  // namespace postern::mail
