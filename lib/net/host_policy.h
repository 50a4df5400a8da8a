#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::net {

// Where Postern may connect on behalf of users, who name hosts and ports
// themselves (invariant 9, fault case F13): public addresses on mail ports, and
// what the operator adds with --allow-hosts.
class HostPolicy {
 public:
  // Each entry is a host name, an address, a CIDR, or one of these with ":port"
  // ("[::1]:143" for IPv6). Without a port, the mail ports. "*" allows every host.
  // kInvalidArgument names the entry that can't be read.
  static absl::StatusOr<HostPolicy> Parse(const std::vector<std::string>& allow_hosts);

  // `name` is what the user wrote, `address` what it resolved to and what will be
  // dialled: the check is on that one, so that DNS can't change its mind between.
  // kPermissionDenied says which of the two is refused, never what is there.
  absl::Status Check(absl::string_view name, const boost::asio::ip::address& address,
                     uint16_t port) const;

 private:
  struct Entry {
    std::string name;                     // lower case; empty for an address entry
    boost::asio::ip::address_v6 network;  // v4 is mapped
    int prefix = 128;
    uint16_t port = 0;  // 0: the mail ports
    bool any = false;
  };
  bool IsAllowedByOperator(absl::string_view name, const boost::asio::ip::address& address,
                           uint16_t port) const;
  std::vector<Entry> entries_;
};

// Addresses of the public Internet: not loopback, private, link-local, shared
// (100.64/10), multicast, documentation, NAT64-of-private or other special use (RFC 6890).
bool IsPublicAddress(const boost::asio::ip::address& address);
// 25, 110, 143, 465, 587, 993, 995.
bool IsMailPort(uint16_t port);

}  // namespace postern::net
