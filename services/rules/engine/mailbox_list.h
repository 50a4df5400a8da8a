#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/engine/message_view.h"

namespace postern::rules {

// The addresses of a field, as they are written there: domains keep their case, for rules may
// look at it. An entry that can't be read is there as a whole. At most `limit`. Linear.
std::vector<MessageView::Mailbox> ReadMailboxes(absl::string_view field, size_t limit);

// One address of an envelope or a rule.
MessageView::Mailbox ReadMailbox(absl::string_view address);

}  // namespace postern::rules
