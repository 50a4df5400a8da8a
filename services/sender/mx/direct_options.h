#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/process/program.h"
#include "services/sender/delivery/site_relay.h"
#include "services/sender/mx/dkim.h"
#include "services/sender/mx/dkim_keys.h"
#include "services/sender/mx/unbound_dns.h"

namespace postern::sender::mx {

// What an operator may say of direct delivery and of signatures.
struct DirectOptions {
  std::string helo_name;  // empty: this host's own
  int mx_port = 25;
  int mta_sts_port = 443;
  DnsOptions dns;
  DkimOptions dkim;
};

void AddDirectOptions(process::Program& program, DirectOptions& options);

// True for "--relay mx".
bool IsDirect(const SiteRelayOptions& relay);

// What can't be used of it; `options.helo_name` is this host's name then, if none was given. To
// be called with --relay mx only.
std::vector<OptionProblem> CheckDirect(const SiteRelayOptions& relay, DirectOptions& options);

// A host's full name: "mail.example.org"; no address, and not the machine's own nickname.
bool IsFullName(absl::string_view name);

}  // namespace postern::sender::mx
