#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/rules/decision_log.h"
#include "services/rules/memory/address_lists.h"
#include "services/rules/memory/script_passwords.h"
#include "services/rules/memory/user_memory.h"
#include "services/rules/programs/stored_programs.h"

namespace postern::rules {

// Where something of a user is kept.
struct KeptOfUsers {
  StoredPrograms& programs;
  AddressLists& lists;
  UserMemory& memory;
  ScriptPasswords& passwords;
  DecisionLog& decisions;
};

// Removes all of it but what of their budgets is spent: that runs out by itself, and who goes and
// comes back has no more of them. Harmless when repeated; when it fails, a part may be gone.
// `user`: a bare JID in lower case.
net::Task<absl::Status> ForgetUser(KeptOfUsers kept, std::string user);

}  // namespace postern::rules
