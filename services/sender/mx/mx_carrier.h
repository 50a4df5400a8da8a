#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/address_dialer.h"
#include "services/sender/delivery/carrier.h"
#include "services/sender/mx/consignment.h"
#include "services/sender/mx/dns.h"
#include "services/sender/mx/host_sessions.h"
#include "services/sender/mx/sts_lookup.h"

namespace postern::sender::mx {

// What the carrier works with; all of it outlives it.
struct MxParts {
  Dns& dns;
  StsLookup& policies;
  net::AddressDialer& dialer;
};

// Brings mails to the mail servers of their recipients' domains (RFC 5321 section 5.1): one
// transaction for all who have the same servers, the next server when one is away or refuses
// for now, at most five of a domain. Any number of mails side by side. That a domain can't be
// reached is no trouble of the account: it is its recipients' reason, and Carry answers OK.
// Reports of TLS failures (RFC 8460) are not sent.
class MxCarrier final : public Carrier {
 public:
  MxCarrier(boost::asio::any_io_executor executor, MxParts parts, MxOptions options)
      : parts_(parts), sessions_(executor, parts.dns, parts.dialer, std::move(options)) {}

  net::Task<absl::Status> Carry(Freight freight, BeforeDot& before_dot) override;
  // Lets go of sessions that say good-bye.
  net::Task<void> Stop() { return sessions_.Stop(); }

 private:
  struct Trip;

  net::Task<void> Plan(Trip& trip, std::vector<Consignment>& all);
  net::Task<absl::StatusOr<Consignment>> PlanFor(std::string domain, bool require_tls);
  net::Task<void> Deliver(Trip& trip, const Consignment& consignment);
  net::Task<absl::Status> DeliverTo(Trip& trip, const Consignment& consignment, std::string host);
  net::Task<absl::Status> Send(Trip& trip, smtp::Session& session, Part& part);

  const MxParts parts_;
  HostSessions sessions_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace postern::sender::mx
