#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "services/sender/mx/dns.h"

namespace postern::sender::mx {

// So many hosts of a domain are tried for a mail at a time.
inline constexpr size_t kMostHosts = 5;

// The mail servers of a domain, best first.
struct MailHosts {
  std::vector<std::string> hosts;
  bool secure = false;   // that these are the hosts was validated
  bool literal = false;  // the host is an address: "[192.0.2.1]"
  bool operator==(const MailHosts&) const = default;
};

// Puts `pick` < n for a choice among n.
using Pick = std::function<size_t(size_t n)>;

// By preference, equal ones shuffled. RFC 5321 section 5.1. None when the domain takes no
// mail (RFC 7505: ".").
std::vector<std::string> InOrder(std::vector<MxRecord> records, const Pick& pick);

// An address literal's address, "192.0.2.1" of "[192.0.2.1]" and "2001:db8::1" of
// "[IPv6:2001:db8::1]"; empty: it is none.
std::string AddressOfLiteral(absl::string_view domain);

// What is behind the last "@" of an envelope's address, lower case.
std::string DomainOf(absl::string_view address);

// Asks DNS for the mail servers of `domain`. As sentences for authors (lib/words):
// kFailedPrecondition: there are none, and waiting does not help; kUnavailable: not to be
// found out just now.
net::Task<absl::StatusOr<MailHosts>> FindMailHosts(Dns& dns, std::string domain, const Pick& pick);

}  // namespace postern::sender::mx
