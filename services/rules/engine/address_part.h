#pragma once

#include <optional>
#include <string>

#include "services/rules/engine/message_view.h"
#include "services/rules/ir/test.h"

namespace postern::rules {

// RFC 5228 section 2.7.4 and RFC 5233, with '+' between user and detail. Nothing where an address
// has no such part: without a '+' there is no detail, what can't be read is only there as a whole.
std::optional<std::string> PartOf(const MessageView::Mailbox& mailbox, AddressPart part);

}  // namespace postern::rules
