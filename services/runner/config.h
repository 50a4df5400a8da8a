#pragma once

#include <optional>
#include <string>

#include "lib/process/program.h"
#include "services/runner/program_file.h"
#include "services/runner/user.h"

namespace postern::runner {

struct Config {
  std::string programs_file;  // the list; empty: nothing is run, in the all-in-one
  std::string programs_user;  // whom programs run as; empty: as we do, who are not root
  std::string programs_dir;   // where runs have their folders; empty: one of ours in /tmp
  int programs_at_once = 4;

  // What CheckConfig makes of these.
  ProgramFile file;
  std::optional<User> user;
};

void AddOptions(process::Program& program, Config& config);

enum class Company { kAlone, kWithSecrets };
// Rejects what can't work, all of it at once. `company`: beside the other services, whose files
// and memory programs must not reach, nothing is run without Landlock.
void CheckConfig(process::Program& program, Config& config, Company company);

}  // namespace postern::runner
