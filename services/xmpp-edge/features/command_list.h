#pragma once

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

inline constexpr absl::string_view kCommandsNs = "http://jabber.org/protocol/commands";

// What service discovery says of ad-hoc commands: XEP-0050 section 2. `user` asks.

// The items of the node `kCommandsNs` at a place: the commands that this user may run there.
void AddCommandItems(const FeatureContext& context, const Jid& user, const Place& place,
                     absl::string_view jid, const Words& words, Element& query);
// The identity and features of one command's node. False: no such command there.
bool DescribeCommand(const FeatureContext& context, const Jid& user, const Place& place,
                     absl::string_view node, const Words& words, Element& query);

}  // namespace postern::xmpp_edge
