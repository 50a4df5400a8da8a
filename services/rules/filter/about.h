#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/rules/filter/words.h"

namespace postern::rules::filter {

// What a condition asks about.
enum class About : uint8_t {
  kHeader,
  kBody,
  kSize,
  kAttachment,
  kFile,  // attached, by its name
  kInfected,
  kExitCode,
  kSigned,
  kSenderGroup,
  kRecipientGroup,
  kAll,
};

// "SUBJECT", "MESSAGE BODY", "HAS FILE", …; what is nothing else is the name of a header field.
// `how` it compares: the sender may be "a member of" a group.
About AboutWhat(absl::string_view what, Comparing how);

// Of a header field (RFC 5322 section 3.6.8): "HEADER:X-Foo" and "X-Foo" are X-Foo; empty: it
// can't be one.
std::string FieldName(absl::string_view what);

}  // namespace postern::rules::filter
