#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/net/tls_checks.h"

namespace postern::sender::mx {

struct MxRecord {
  uint16_t preference = 0;
  std::string host;  // lower case, without the final dot; empty: "." (RFC 7505)
  bool operator==(const MxRecord&) const = default;
};

template <class Record>
struct DnsAnswer {
  std::vector<Record> records;  // none: there are no such records
  bool secure = false;          // validated (RFC 4035), what is absent too
  bool exists = true;           // false: there is no such name at all
  std::string canonical_name;   // where CNAMEs led; empty: nowhere
};

// What mail needs of DNS. UnboundDns for real, a table in tests. Names are ASCII. Errors:
// kUnavailable, kDeadlineExceeded: no answer just now; kDataLoss: one that is forged or
// broken (RFC 4035, "bogus"), which is to be taken like none; kInvalidArgument: no name.
// Absence is no error.
class Dns {
 public:
  virtual ~Dns() = default;
  virtual net::Task<absl::StatusOr<DnsAnswer<MxRecord>>> Mx(std::string domain) = 0;
  // IPv6 and IPv4, in turn; secure when both are.
  virtual net::Task<absl::StatusOr<DnsAnswer<boost::asio::ip::address>>> Addresses(
      std::string host) = 0;
  virtual net::Task<absl::StatusOr<DnsAnswer<net::TlsaRecord>>> Tlsa(std::string name) = 0;
  // Each record's strings put together.
  virtual net::Task<absl::StatusOr<DnsAnswer<std::string>>> Txt(std::string name) = 0;
};

}  // namespace postern::sender::mx
