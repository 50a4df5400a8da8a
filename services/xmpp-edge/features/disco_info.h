#pragma once

#include "postern/fetcher/v1/fetcher.pb.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/contact_addresses.h"
#include "services/xmpp-edge/stanza.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

inline constexpr absl::string_view kInfoNs = "http://jabber.org/protocol/disco#info";
inline constexpr absl::string_view kItemsNs = "http://jabber.org/protocol/disco#items";

// XEP-0030: identities and features of a place where there is presence (gateway, account,
// address), put into a disco#info query. Nothing depends on the language, nor on the account
// unless its `name` is given, for Caps() is a hash of it.
void DescribePlace(const Place& place, const ContactAddresses& contacts, Element& query,
                   absl::string_view name = "");

// The same of a type's node, which is called `label`.
void DescribeType(absl::string_view label, Element& query);

// The same of a folder, as its mail server has it.
void DescribeFolder(const fetcher::v1::Folder& folder, Element& query);
// Where a list of folders goes on that was too long for one stanza.
void DescribeContinuation(Element& query);

// The node that lists commands: XEP-0050 section 2.2.
void DescribeCommandList(const Words& words, Element& query);

}  // namespace postern::xmpp_edge
