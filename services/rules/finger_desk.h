#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/rules/folder/jsmail_folder.h"
#include "services/rules/programs/stored_programs.h"

namespace postern::rules {

// What users say about themselves: by their files in the operator's folder, else by those that
// were imported for the site.
class FingerDesk {
 public:
  FingerDesk(const JsmailFolder& folder, const StoredPrograms& stored)
      : folder_(folder), stored_(stored) {}

  // kNotFound: there is no such user. kInvalidArgument: this can't be one's name.
  absl::StatusOr<std::string> Ask(const std::string& user, bool wide) const;

 private:
  const JsmailFolder& folder_;
  const StoredPrograms& stored_;
};

}  // namespace postern::rules
