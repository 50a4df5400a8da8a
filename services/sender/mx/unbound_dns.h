#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/sender/mx/dns.h"

namespace postern::sender::mx {

struct DnsOptions {
  // Addresses ("192.0.2.53", "2001:db8::53", with "@PORT") that are asked; none: those of
  // /etc/resolv.conf.
  std::vector<std::string> servers;
  // Keys that answers are validated with. Empty: the root's, as Debian's dns-root-data has
  // it, where the servers pass DNSSEC on; else nothing is secure.
  std::string trust_anchor_file;
};

// DNS by libunbound, which validates (RFC 4035), follows CNAMEs, and remembers answers for
// their TTL, a day at most, in 12 MiB at most. A question gets 30 s. It runs in a thread of
// its own; everything here is on the io_context.
//
// kInvalidArgument: an option can't be used; the message names it.
absl::StatusOr<std::unique_ptr<Dns>> MakeUnboundDns(boost::asio::any_io_executor executor,
                                                    const DnsOptions& options);

// The same errors before there is anything to run it; asks nobody.
absl::Status CheckDnsOptions(const DnsOptions& options);

}  // namespace postern::sender::mx
