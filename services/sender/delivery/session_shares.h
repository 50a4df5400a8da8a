#pragma once

#include <string>
#include <vector>

#include "services/sender/accounts/account_directory.h"

namespace postern::sender {

// Sessions at once. The limits of an account and of an owner keep slow servers
// from taking all of them, so that no user waits for another one's server.
struct WorkerLimits {
  size_t sessions = 256;
  size_t per_account = 2;
  size_t per_owner = 4;
  size_t site_relay = 20;  // an MTA lets a client have 50 (Postfix), or fewer
};

// Whose session it is.
struct SessionOf {
  std::string account_id;
  std::string owner;
};

// The accounts that have their share of the sessions under way, and get no more of them.
std::vector<std::string> BusyAccounts(const std::vector<SessionOf>& under_way,
                                      const AccountDirectory& accounts, const WorkerLimits& limits);

}  // namespace postern::sender
