#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::fetcher {

// The mailbox that a user meant by `wanted`, which is none: the same but for the case
// of letters, for what separates the levels, or for an INBOX in front.
// JMC's users wrote INBOX.Work or INBOX/Work whatever their server did.
std::optional<std::string> SimilarMailbox(absl::string_view wanted,
                                          const std::vector<std::string>& mailboxes);

}  // namespace postern::fetcher
