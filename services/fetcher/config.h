#pragma once

#include <string>
#include <vector>

#include "lib/process/program.h"
#include "lib/rpc/channel.h"

namespace postern::fetcher {

struct Config {
  std::string master_key_file;           // opens the accounts' sealed passwords
  std::string tls_ca_file;               // CAs beside the system's; empty for none
  std::vector<std::string> allow_hosts;  // beside public mail servers; lib/net/host_policy.h
  bool allow_plaintext_auth = false;     // let passwords travel unencrypted
  int connects_per_second = 100;         // by all accounts to their mail servers; 0: no limit
  int connects_per_host = 20;            // a second, to one host; 0: no limit
  std::string listen;                    // where it answers gRPC: --listen of the process
  std::string advertise;                 // where other fetchers find it; empty: at `listen`
  rpc::TlsFiles tls;                     // between fetchers, as between all services
};

void AddOptions(process::Program& program, Config& config);
// Rejects what can't be used, all of it at once: CheckReach, and the key file.
void CheckConfig(process::Program& program, const Config& config);

// Where it may connect, and whom it trusts there.
void CheckReach(process::Program& program, const Config& config);

}  // namespace postern::fetcher
