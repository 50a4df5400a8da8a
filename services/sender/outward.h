#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>

#include "lib/net/task_group.h"
#include "lib/net/tcp_dialer.h"
#include "lib/store/redis_client.h"
#include "services/sender/accounts/account_directory.h"
#include "services/sender/compose/intake_steps.h"
#include "services/sender/delivery/ways.h"
#include "services/sender/operator_files.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/outbox/queue_view.h"
#include "services/sender/routes/egress_routes.h"
#include "services/sender/routes/route_desk.h"
#include "services/sender/schedules/gate_keeper.h"

namespace postern::sender {

// By which ways mail goes out, when, and to whom: the operator's routes and aliases, and the
// schedules of accounts, put together.
class Outward {
 public:
  struct Parts {
    store::RedisClient& redis;
    Outbox& outbox;
    const AccountDirectory& accounts;
    std::function<void()> mail_due;
  };
  // `dialing`: to accounts' own servers.
  Outward(boost::asio::any_io_executor executor, Parts parts, OperatorFiles files,
          std::string default_route, net::DialerOptions dialing);

  // For ever, in `loops`.
  void Start(net::TaskGroup& loops);
  // When no session is left.
  net::Task<void> Stop() { return routes_.Stop(); }

  void AddTo(WaysOut& ways);
  void AddTo(IntakeSteps& steps);
  void OnAccounts(const AccountDirectory::Changes& changes);
  void MailCame() { gates_.MailCame(); }
  // Mails were made due by an operator, and their gates with them.
  void Retried() {
    gates_.Retried();
    routes_.Retried();
  }
  // What keeps mail of the account back that is due then, and until when.
  GateWait GateOf(const std::string& account_id, int64_t due_ms) const;
  const RouteDesk& desk() const { return desk_; }

 private:
  LinkRecord link_record_;
  GateRecord gate_record_;
  AliasFile aliases_;
  EgressRoutes routes_;
  GateKeeper gates_;
  RouteDesk desk_;
};

}  // namespace postern::sender
