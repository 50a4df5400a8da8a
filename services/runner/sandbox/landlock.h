#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runner/open_file.h"

// Landlock: which files a process may still open, whoever it runs as (landlock(7)).
namespace postern::runner {

// The version of Landlock that this kernel has; 0: none.
int LandlockVersion();

struct FileGrants {
  std::vector<std::string> readable;  // files, or folders with all that is below
  int program = -1;                   // an open file that may be read and executed
  int folder = -1;                    // an open folder where all may be done but to execute
  bool network = false;               // TCP (version 4)
};

// A ruleset that lets through those, what programs need of the system (its libraries and
// programs, no configuration but that of the C library), and nothing else; from version 6 on it
// also keeps signals in. A descriptor that is closed where there is no Landlock. Paths that do
// not exist are passed over.
absl::StatusOr<OpenFile> MakeRuleset(const FileGrants& grants);

}  // namespace postern::runner
