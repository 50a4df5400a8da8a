#pragma once

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/stanza_router.h"

namespace postern::xmpp_edge {

// A message back to whoever wrote, from the contact it was written to.
Element ChatAnswer(const Incoming& incoming, absl::string_view text);

}  // namespace postern::xmpp_edge
