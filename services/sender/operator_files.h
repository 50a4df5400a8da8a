#pragma once

#include <string>
#include <vector>

#include "lib/process/program.h"
#include "services/sender/aliases/alias_file.h"
#include "services/sender/routes/route_file.h"

namespace postern::sender {

// Files in which the operator says by which ways mail goes out, and to whom.
struct FileOptions {
  std::string routes_file, default_route;
  std::string aliases_file;
  std::vector<std::string> local_domains;
  std::string key_file;  // opens those that are sealed; empty: none can be
};

struct OperatorFiles {
  RouteFile routes;
  AliasFile aliases;
};

void AddFileOptions(process::Program& program, FileOptions& options);
// Rejects what can't be used: every fault of the files, each with its place.
OperatorFiles CheckFiles(process::Program& program, const FileOptions& options,
                         const RouteRules& rules);

}  // namespace postern::sender
