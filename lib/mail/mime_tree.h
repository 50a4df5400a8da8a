#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/parameters.h"

namespace postern::mail {

// A node of the MIME tree (RFC 2046 section 5.1). Views into the message.
struct MimePart {
  static constexpr size_t kNone = static_cast<size_t>(-1);

  size_t parent = kNone;  // index of the enclosing multipart
  HeaderFields header;
  ParameterizedValue type;          // Content-Type, "text/plain" when absent
  ParameterizedValue disposition;   // value empty when absent
  absl::string_view body;           // of a leaf, still transfer-encoded
  absl::string_view before, after;  // of a multipart: outside of its parts
  bool is_multipart = false;
  bool cut = false;  // the input ended inside it

  absl::string_view Field(
      absl::string_view name) const;  // the first field's body; empty when absent
};

struct MimeTree {
  std::vector<MimePart> parts;  // in the order of the message; the first is the message itself
  bool too_deep = false;
  bool too_many = false;
  bool unended = false;  // a multipart without its closing boundary
};

// Takes the message apart in one pass over its lines, without recursion; an
// attached message stays whole. We don't use GMime's parser for this: it
// compares each line with every open boundary, up to 1024 levels of them.
MimeTree ReadMimeTree(absl::string_view message, const ParseLimits& limits);

}  // namespace postern::mail
