#pragma once

#include <string>
#include <vector>

#include "lib/process/program.h"

namespace postern::fetcher {

struct Config {
  std::string master_key_file;           // opens the accounts' sealed passwords
  std::string tls_ca_file;               // CAs beside the system's; empty for none
  std::vector<std::string> allow_hosts;  // beside public mail servers; lib/net/host_policy.h
  bool allow_plaintext_auth = false;     // let passwords travel unencrypted
};

void AddOptions(process::Program& program, Config& config);
// Rejects what can't be used, all of it at once: CheckReach, and the key file.
void CheckConfig(process::Program& program, const Config& config);

// Where it may connect, and whom it trusts there.
void CheckReach(process::Program& program, const Config& config);

}  // namespace postern::fetcher
