#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"

// Instant messages that programs leave in a folder, as MDaemon takes them: IM-n.SEM. Pure.
namespace postern::xmpp_edge {

inline constexpr size_t kMaxSpooledText = 64 * 1024;
inline constexpr size_t kMaxSpooledBytes = 128 * 1024;  // of a file
inline constexpr size_t kMaxSpooledReceivers = 100;

struct SpooledMessage {
  std::vector<std::string> to;  // bare JIDs, or mail addresses of that form; no double ones
  mail::Address from;
  std::string text;  // UTF-8, LF, no macros; nothing that XML can't carry
  bool operator==(const SpooledMessage&) const = default;
};

// "To: ADDRESS" (one or more) and "From: ADDRESS", in any order and case, an empty line, the text.
// LF or CRLF. kInvalidArgument names the line and what is wrong with it, and quotes none of it.
absl::StatusOr<SpooledMessage> ParseSpooledMessage(absl::string_view bytes);

}  // namespace postern::xmpp_edge
