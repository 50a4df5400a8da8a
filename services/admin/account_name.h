#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::admin {

// The stored form of an account's name, which is the localpart of its contact's
// JID: prepared by nodeprep (RFC 3920 appendix A: case folded, NFKC), as the
// XMPP server prepares it in every stanza that comes back. 1 to 64 characters;
// none that an address contact's JID is told by (@ % \), none that a localpart
// may not hold. kInvalidArgument: "name: reason".
absl::StatusOr<std::string> NormalizeAccountName(absl::string_view name);

}  // namespace postern::admin
