#pragma once

#include <boost/asio/ip/address.hpp>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/http/url.h"
#include "lib/net/host_policy.h"
#include "lib/net/resolver.h"
#include "lib/net/task.h"

namespace postern::http {

// Where a URL that somebody named may lead: public addresses (any port from 1024, and 443), and
// what the operator allows. For Request::addresses. kPermissionDenied: nowhere; kUnavailable: its
// host is not to be found just now.
net::Task<absl::StatusOr<std::vector<boost::asio::ip::address>>> JudgedAddresses(
    net::Resolver& resolver, const net::HostPolicy& policy, Url url);

}  // namespace postern::http
