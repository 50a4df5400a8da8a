#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/posternctl/import_folder.h"
#include "services/posternctl/session.h"
#include "services/rules/jsmail/password_roles.h"

namespace postern::posternctl {

// What becomes of the users of a password file who have that role, in sentences. Those of
// --user-domain get it, unless nothing is to be changed: by naming their domain the operator
// vouches for them, for a role is a Jabber address's.
absl::StatusOr<std::vector<std::string>> ImportRoles(Session& session, const FolderImport& wanted,
                                                     rules::jsmail::Role role,
                                                     const std::vector<std::string>& names);

}  // namespace postern::posternctl
