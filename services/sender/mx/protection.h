#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/net/tls_checks.h"
#include "services/sender/mx/dns.h"
#include "services/sender/mx/sts_policy.h"

namespace postern::sender::mx {

// Whose mail a host takes, and what is asked of it.
struct Demands {
  std::vector<std::string> domains;
  bool hosts_secure = false;        // DNSSEC says that it is their host
  bool require_tls = false;         // by the author: RFC 8689
  std::optional<StsPolicy> policy;  // of all of the domains
  bool operator==(const Demands&) const = default;
};

// How a host is spoken to.
struct Protection {
  bool tls = false;  // or not at all; else where the host offers it (RFC 7435)
  std::shared_ptr<const net::TlsChecks> checks;  // null: a certificate from a CA for its name
};

// What `host` has to prove. DANE (RFC 7672) comes before MTA-STS (RFC 8461), that before what
// anybody may do. `tlsa`: what a validated answer has; nothing: it has none. Pure. As sentences
// for authors (lib/words): kUnavailable: the domain's policy does not know this host;
// kFailedPrecondition: the author wants more than can be had here.
absl::StatusOr<Protection> ProtectionOf(const std::string& host,
                                        const std::optional<std::vector<net::TlsaRecord>>& tlsa,
                                        const Demands& demands);

// The host's TLSA records: asked for where its address is validated, at its name behind CNAMEs
// first (RFC 7672 section 2.2). An error: mail must not go there now.
net::Task<absl::StatusOr<std::optional<std::vector<net::TlsaRecord>>>> FindTlsa(
    Dns& dns, std::string host, uint16_t port,
    const DnsAnswer<boost::asio::ip::address>& addresses);

}  // namespace postern::sender::mx
