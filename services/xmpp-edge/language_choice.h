#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// The language that a user has chosen; "" for that of the client.
std::string ChosenLanguage(const FeatureContext& context, const std::string& user);

// Chooses one: a tag that Interpreter::Serving answers, or "". It counts at once.
// kNotFound, in words: the user has no account.
net::Task<absl::Status> ChooseLanguage(FeatureContext context, std::string user, std::string tag);

}  // namespace postern::xmpp_edge
