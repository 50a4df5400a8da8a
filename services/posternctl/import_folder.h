#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/posternctl/session.h"

namespace postern::posternctl {

// An installation of JSMail, and where what it says goes.
struct FolderImport {
  std::string path;  // the folder
  std::string scope = "site";
  bool dry_run = false;
  std::string key_file;
  std::vector<std::string> local_domains;
  bool swap_fr = false;
  std::string user_domain;  // Jabber users of the password file; their roles are set. Empty: not
  std::string owner;        // of POP3 accounts that name none
  std::string aliases_out, routes_out;  // new files for the sender; empty: not written
};

// Reads and checks all of it before anything is changed, and prints what each file became.
// Passwords are printed nowhere.
absl::Status ImportFolder(Session& session, const FolderImport& wanted);

}  // namespace postern::posternctl
