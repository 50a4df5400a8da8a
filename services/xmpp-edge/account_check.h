#pragma once

#include <string>
#include <vector>

#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// The user's accounts that receive mail, by name.
std::vector<AccountDirectory::Account> MailboxesOf(const FeatureContext& context,
                                                   const std::string& user);

// Has accounts looked at for new mail now; what came of it in a sentence for each.
// `words` outlives the context.
net::Task<std::vector<std::string>> CheckNow(FeatureContext context,
                                             std::vector<AccountDirectory::Account> accounts,
                                             const Words& words);

}  // namespace postern::xmpp_edge
