#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Names of mailboxes on the wire: IMAP's modified UTF-7, RFC 3501 section 5.1.3.
namespace postern::fetcher::imap {

// From UTF-8. kInvalidArgument, with a wording, when `name` is no UTF-8, is empty, or
// holds a control character.
absl::StatusOr<std::string> EncodeMailboxName(absl::string_view name);

// To UTF-8. Nothing when `wire` is not what EncodeMailboxName would write: 8-bit
// characters, a lone "&", needless or broken base64.
std::optional<std::string> DecodeMailboxName(absl::string_view wire);

// The name to show, which Session::Examine finds the mailbox by: decoded where that
// makes sense; else as it is, for there are servers that write UTF-8, or that took a
// lone "&" from a careless client. Nothing when it is no text.
std::optional<std::string> ReadableMailboxName(absl::string_view wire);
// The same where the server speaks UTF-8 (RFC 6855, RFC 9051): as it is.
std::optional<std::string> ReadableUtf8Name(absl::string_view wire);

}  // namespace postern::fetcher::imap
