#pragma once

#include <string>

#include "absl/status/status.h"
#include "services/posternctl/session.h"
#include "services/rules/jsmail/pop_accounts.h"

namespace postern::posternctl {

// Makes an account of a POP3 account that JSMail fetched from: as often as it is usual, in full
// whatever its owner's presence.
absl::Status PutPopAccount(Session& session, const rules::jsmail::PopAccount& account,
                           const std::string& owner, const std::string& name);

}  // namespace postern::posternctl
