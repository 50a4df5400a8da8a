#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/address_map.h"

namespace postern::xmpp_edge {

// True for a message that says "help" or "?" and nothing else: a mail may well
// begin with "Help me …".
bool IsHelpRequest(absl::string_view body);

// What one can do at this contact.
std::string HelpText(const Place& place, absl::string_view domain);

}  // namespace postern::xmpp_edge
