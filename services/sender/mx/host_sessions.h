#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/address_dialer.h"
#include "lib/net/task_group.h"
#include "services/sender/mx/dns.h"
#include "services/sender/mx/host_places.h"
#include "services/sender/mx/protection.h"
#include "services/sender/smtp/known_faults.h"
#include "services/sender/smtp/session.h"

namespace postern::sender::mx {

struct MxOptions {
  std::string our_name;  // of this host, for EHLO
  uint16_t port = 25;
};

// A session with a domain's mail server, and its place among those with that host.
struct HostSession {
  HostSession(std::unique_ptr<HostPlaces::Place> p, std::unique_ptr<net::ByteStream> connected,
              const std::string& host)
      : place(std::move(p)), stream(std::move(connected)), session(*stream, host) {}

  std::unique_ptr<HostPlaces::Place> place;
  std::unique_ptr<net::ByteStream> stream;
  smtp::Session session;
};

// Opens sessions with mail servers on the Internet, encrypted as they and their domains' owners
// want it; in the clear only where a host offers nothing else and nobody asks for more. Any
// number side by side, five with one host.
class HostSessions {
 public:
  static constexpr size_t kMostOfHost = 5;

  // `dns` and `dialer` outlive it.
  HostSessions(boost::asio::any_io_executor executor, Dns& dns, net::AddressDialer& dialer,
               MxOptions options)
      : dns_(dns),
        dialer_(dialer),
        options_(std::move(options)),
        places_(executor, kMostOfHost),
        goodbyes_(executor) {}

  // Tries the host's addresses in turn, four at most. As sentences for authors (lib/words):
  // kUnavailable: not now; kPermissionDenied: it has no public address; kFailedPrecondition:
  // the author demands what can't be had.
  net::Task<absl::StatusOr<std::unique_ptr<HostSession>>> Open(std::string host, bool literal,
                                                               Demands demands);
  // Says good-bye; nobody waits for that.
  void Leave(std::unique_ptr<HostSession> session);
  net::Task<void> Stop() { return goodbyes_.Stop(); }

 private:
  using Opened = absl::StatusOr<std::unique_ptr<HostSession>>;
  using Addresses = DnsAnswer<boost::asio::ip::address>;

  net::Task<absl::StatusOr<Addresses>> Find(std::string host, bool literal);
  net::Task<absl::StatusOr<Protection>> Protect(std::string host, const Addresses& addresses,
                                                const Demands& demands);
  net::Task<Opened> OpenAt(net::Target target, bool tls, std::string asked_by);

  Dns& dns_;
  net::AddressDialer& dialer_;
  const MxOptions options_;
  HostPlaces places_;
  smtp::KnownFaults faults_;
  net::TaskGroup goodbyes_;  // last: its coroutines use all of the above
};

}  // namespace postern::sender::mx
