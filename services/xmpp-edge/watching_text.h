#pragma once

#include <string>

#include "absl/time/time.h"
#include "postern/admin/v1/account.pb.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// When an account's mail is fetched, in a few sentences.
std::string WatchingText(const admin::v1::Account& account, absl::Time now, const Words& words);

}  // namespace postern::xmpp_edge
