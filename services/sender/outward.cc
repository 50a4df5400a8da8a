#include "services/sender/outward.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"

namespace postern::sender {

Outward::Outward(boost::asio::any_io_executor executor, Parts parts, OperatorFiles files,
                 std::string default_route, net::DialerOptions dialing)
    : link_record_(parts.redis),
      gate_record_(parts.redis),
      aliases_(std::move(files.aliases)),
      routes_(executor, std::move(files.routes),
              RouteOptions{std::move(default_route), std::move(dialing)},
              RouteParts{link_record_,
                         [this](std::string route) { return desk_.CountWaiting(std::move(route)); },
                         [this] { gates_.RoutesChanged(); }}),
      gates_(executor, GateParts{parts.outbox, gate_record_, parts.accounts,
                                 [this] { return routes_.table(); },
                                 [this](const Account& account) { return routes_.NameOf(account); },
                                 parts.mail_due}),
      desk_(parts.outbox, routes_, gates_, aliases_) {}

void Outward::Start(net::TaskGroup& loops) {
  loops.Spawn("sender aliases", aliases_.Watch());
  loops.Spawn("sender routes", routes_.Run());
  loops.Spawn("sender gates", gates_.Run());
}

void Outward::AddTo(WaysOut& ways) {
  ways.route_of = [this](const Account& account) { return routes_.RouteOf(account); };
  ways.on_connected = [this](const std::string& host) { gates_.Connected(host); };
}

void Outward::AddTo(IntakeSteps& steps) {
  if (!aliases_.path().empty()) {
    steps.expand = [this](const std::vector<std::string>& recipients) {
      return aliases_.table()->Expand(recipients);
    };
  }
  steps.leaves_at = [this](const Account& account, int64_t due_ms) {
    const auto goes_at = gates_.GoesAt(account.id, absl::FromUnixMillis(due_ms));
    return goes_at ? std::max(due_ms, absl::ToUnixMillis(*goes_at)) : due_ms;
  };
}

GateWait Outward::GateOf(const std::string& account_id, int64_t due_ms) const {
  GateWait wait;
  wait.what = gates_.ShutBy(account_id);
  const auto goes_at = gates_.GoesAt(account_id, absl::FromUnixMillis(due_ms));
  if (goes_at) wait.opens_ms = absl::ToUnixMillis(*goes_at);
  return wait;
}

void Outward::OnAccounts(const AccountDirectory::Changes& changes) {
  for (const std::string& id : changes.changed) gates_.AccountChanged(id);
  for (const std::string& id : changes.removed) gates_.AccountChanged(id);
}

}  // namespace postern::sender
