#pragma once

#include <string>

#include "absl/time/time.h"
#include "postern/admin/v1/account.pb.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// How an account sends mail, in a few sentences.
std::string SendingText(const admin::v1::Account& account, absl::Time now, const Words& words);

}  // namespace postern::xmpp_edge
