#pragma once

#include <string>
#include <vector>

#include "lib/crypto/secret_box.h"
#include "lib/process/program.h"

namespace postern::admin {

struct Config {
  // Holds the keys that seal passwords at rest; the same file as the fetcher's and the sender's.
  std::string master_key_file;
  // Bare JIDs of the administrators to begin with; they are shown in the log, and
  // have no rights yet beyond a user's.
  std::vector<std::string> admins;

  crypto::SecretBox box;  // what CheckConfig read from the key file
};

void AddOptions(process::Program& program, Config& config);
// Rejects what can't be used, all at once.
void CheckConfig(process::Program& program, Config& config);

}  // namespace postern::admin
