#pragma once

// XEP-0428: Fallback Indication, for the quote that XEP-0461 puts before an answer.

#include <string>

#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// The body of a message without what is only there for clients that know no
// replies: mail has the original by reference. Ranges count code points (XEP-0426).
std::string BodyWithoutReplyFallback(const Element& message);

}  // namespace postern::xmpp_edge
