#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/posternctl/session.h"

namespace postern::posternctl {

// A file of an installation, and what became of it, or would.
struct Became {
  std::string file, kind, what;
};

// A table, below the warnings; or {"files": [{file, kind, became}], "warnings": [...]}.
absl::Status PrintReport(Session& session, const std::vector<Became>& became,
                         const std::vector<std::string>& warnings, bool dry_run);

}  // namespace postern::posternctl
