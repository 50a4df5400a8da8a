#pragma once

#include <string>

#include "lib/process/program.h"
#include "lib/rpc/channel.h"
#include "services/rules/sieve_port/port_options.h"

namespace postern::rules {

struct Config {
  std::string runner_addr;      // of postern-runner; empty: rules run no programs, but for
  bool runner_inside = false;   // one that is in this very process
  rpc::TlsFiles tls;            // of the way there, as for all services
  std::string jsmail_dir;       // the operator's files of JSMail; empty: there are none
  std::string jsmail_domain;    // of users that they name without one; empty: such names are errors
  std::string jsmail_key_file;  // opens those that are sealed; empty: none can be
  PortOptions managesieve;
};

void AddOptions(process::Program& program, Config& config);
// Rejects values that can't work, all of them at once.
void CheckConfig(process::Program& program, const Config& config);

}  // namespace postern::rules
