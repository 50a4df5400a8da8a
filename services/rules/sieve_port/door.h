#pragma once

#include <optional>
#include <string>

#include "services/rules/folder/jsmail_folder.h"
#include "services/rules/jsmail/acl.h"
#include "services/rules/programs/stored_programs.h"

namespace postern::rules {

// Who may connect to edit scripts: the site's allow/deny file says, in its lines for "remote" and
// "all"; one without such lines says nothing.
// The one in the folder wins over the one that was imported; without any everybody may. It is
// closed until both were looked for.
class Door {
 public:
  Door(const JsmailFolder& folder, const StoredPrograms& stored)
      : folder_(folder), stored_(stored) {}

  jsmail::AclVerdict Judge(const std::string& address);

 private:
  const jsmail::Acl* Imported();

  const JsmailFolder& folder_;
  const StoredPrograms& stored_;
  std::optional<jsmail::Acl> imported_;
  std::string revision_;  // of imported_
};

}  // namespace postern::rules
