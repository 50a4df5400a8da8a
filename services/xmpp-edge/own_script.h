#pragma once

#include <string>

#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// A line about the Sieve script that a user has chosen: that it is in force, or rests because it
// failed too often. Empty: they have none, or nobody can tell now.
net::Task<std::string> OwnScriptLine(FeatureContext context, std::string user, const Words& words);
// The same, only when it rests.
net::Task<std::string> RestingScriptLine(FeatureContext context, std::string user,
                                         const Words& words);

}  // namespace postern::xmpp_edge
