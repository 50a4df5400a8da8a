#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// Stores when an account looks for mail: admin checks it. What is stored holds here at once.
// Errors as AdminService.SetWatching.
net::Task<absl::StatusOr<admin::v1::Account>> StoreWatching(FeatureContext context,
                                                            std::string user,
                                                            AccountDirectory::Account account,
                                                            admin::v1::Watching watching);

// "quiet 22:00-07:00" by chat: sets the quiet hours of these accounts of the user, and answers
// what they are told. `said`: the hours, "off", "zone Europe/Berlin", or nothing, to be told of
// them.
net::Task<std::string> SetQuietHours(FeatureContext context, std::string user,
                                     std::vector<AccountDirectory::Account> accounts,
                                     std::string said, const Words& words);

}  // namespace postern::xmpp_edge
