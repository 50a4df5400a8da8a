#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "lib/net/dialer.h"
#include "lib/net/task.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/delivery/carrier.h"
#include "services/sender/delivery/site_relay.h"

namespace postern::sender {

// An egress route (routes/): another server than the account's own, or another way to dial it.
class Route {
 public:
  virtual ~Route() = default;
  virtual const std::string& name() const = 0;
  // Carries in place of the account's own server; none: the route is only the way there.
  virtual const SiteRelay* relay() const = 0;
  // Its mail goes to the servers of the recipients, without the account's own.
  virtual bool direct() const { return false; }
  // Something has to be brought up for it: not for the sake of a mere look at an account.
  virtual bool has_link() const { return false; }
  // Outlives every session that it opens.
  virtual net::Dialer& dialer() = 0;

  // Before each session is dialled: brings the route up, if it has to be. An error, in words:
  // the mail waits, as for a server that is away. Until the matching Close() the route is in use.
  virtual net::Task<absl::Status> Open() = 0;
  virtual void Close() = 0;
};

// What leads out beside accounts' own servers and the operator's relay. All of it outlives the
// worker; what is not there is empty.
struct WaysOut {
  // The route of an account's mail; null: none. Valid as long as the process runs.
  std::function<Route*(const Account&)> route_of;
  // Delivers to the servers of the recipients, for accounts without a server of their own. Carries
  // any number of mails side by side.
  Carrier* direct = nullptr;
  // A session with this host was opened, whoever wanted it.
  std::function<void(const std::string& host)> on_connected;
};

}  // namespace postern::sender
