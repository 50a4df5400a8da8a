#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::admin {

// A user's bare JID in the form that owners are compared by: ASCII in lower
// case (XMPP servers hand out the rest prepared). kInvalidArgument: "FIELD:
// reason" when it has a resource, no domain, or what no JID may hold.
absl::StatusOr<std::string> NormalizeBareJid(absl::string_view field, absl::string_view jid);

}  // namespace postern::admin
