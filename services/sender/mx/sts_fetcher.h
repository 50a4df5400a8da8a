#pragma once

#include <cstdint>
#include <string>

#include "lib/http/client.h"
#include "lib/net/host_policy.h"
#include "services/sender/mx/dns.h"
#include "services/sender/mx/sts_lookup.h"

namespace postern::sender::mx {

// https://mta-sts.DOMAIN/.well-known/mta-sts.txt. RFC 8461 section 3.3: certificate checked for
// that name, no redirects, nothing but 200. Dialled are addresses that DNS names there, if they
// are public or `policy` lets this port be used.
class StsFetcher final : public StsSource {
 public:
  StsFetcher(Dns& dns, http::Client& client, const net::HostPolicy& policy, uint16_t port)
      : dns_(dns), client_(client), policy_(policy), port_(port) {}

  net::Task<absl::StatusOr<std::string>> Fetch(std::string domain) override;

 private:
  Dns& dns_;
  http::Client& client_;
  const net::HostPolicy& policy_;
  const uint16_t port_;
};

}  // namespace postern::sender::mx
