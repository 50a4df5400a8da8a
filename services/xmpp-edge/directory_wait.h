#pragma once

#include "lib/net/task.h"
#include "services/xmpp-edge/account_directory.h"

namespace postern::xmpp_edge {

// Just after a start the accounts are not known yet, and "no such account" would be
// a lie. Waits a moment for them; false when they did not come (admin is away).
net::Task<bool> AccountsAreKnown(const AccountDirectory& directory);

}  // namespace postern::xmpp_edge
