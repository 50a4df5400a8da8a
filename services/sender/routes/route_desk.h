#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/sender/v1/sender.pb.h"
#include "services/sender/aliases/alias_file.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/routes/egress_routes.h"
#include "services/sender/schedules/gate_keeper.h"

namespace postern::sender {

// Tells operators how the routes are.
class RouteDesk {
 public:
  // `aliases`: told of here, too, when their file is wrong.
  RouteDesk(Outbox& outbox, const EgressRoutes& routes, const GateKeeper& gates,
            const AliasFile& aliases)
      : outbox_(outbox), routes_(routes), gates_(gates), aliases_(aliases) {}

  net::Task<absl::Status> List(v1::ListRoutesResponse& response) const;
  // The mails of a route's accounts; 0 while the queue is away.
  net::Task<uint64_t> CountWaiting(std::string route) const;

 private:
  void Describe(const RouteSettings& route, v1::EgressRoute& told) const;

  Outbox& outbox_;
  const EgressRoutes& routes_;
  const GateKeeper& gates_;
  const AliasFile& aliases_;
};

}  // namespace postern::sender
