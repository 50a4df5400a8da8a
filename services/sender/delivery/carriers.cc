#include "services/sender/delivery/carriers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postern::sender {
namespace {

// A carrier that serves everybody.
class SharedCarrier final : public Carrier {
 public:
  explicit SharedCarrier(Carrier& carrier) : carrier_(carrier) {}
  net::Task<absl::Status> Carry(Freight freight, BeforeDot& before_dot) override {
    return carrier_.Carry(freight, before_dot);
  }

 private:
  Carrier& carrier_;
};

}  // namespace

std::string SessionKeyOf(const std::string& account_id) {
  return absl::StrCat("account ", account_id);
}

bool Carriers::GoesDirectly(const Account& account) const { return !parts_.relay.SignsIn(account); }

bool Carriers::SharesLane(const Account& account) const {
  return GoesDirectly(account) || parts_.relay.OperatorsServer(account) != nullptr;
}

std::string Carriers::KeyFor(const Account& account) const {
  if (GoesDirectly(account)) return "direct";
  const Route* route = parts_.relay.RouteOf(account);
  if (route != nullptr && route->relay() != nullptr) return absl::StrCat("route ", route->name());
  return SharesLane(account) ? "relay" : SessionKeyOf(account.id);
}

Budget Carriers::BudgetFor(const Account& account) const {
  if (!SharesLane(account)) return BudgetOf(account.host);
  Budget budget;
  budget.sessions = limits_.of_one_at_site_relay;
  return budget;
}

std::unique_ptr<Carrier> Carriers::CarrierFor(const Account& account) const {
  if (GoesDirectly(account)) return std::make_unique<SharedCarrier>(*parts_.relay.ways().direct);
  SessionPlace place;
  place.key = KeyFor(account);
  place.host = parts_.relay.HostOf(account);
  if (!SharesLane(account)) place.owner = account.owner;
  return std::make_unique<SessionCarrier>(parts_, account, std::move(place), BudgetFor(account));
}

LaneOf Carriers::LaneFor(const Account& account) const {
  LaneOf lane;
  lane.host = parts_.relay.HostOf(account);
  lane.shared = SharesLane(account);
  lane.lane = absl::StrCat(KeyFor(account), " ", lane.host);
  if (lane.shared) {
    // Who speaks to many servers waits for some of them.
    lane.sessions = GoesDirectly(account) ? limits_.direct : limits_.site_relay;
    lane.per_account = lane.per_owner = limits_.of_one_at_site_relay;
    return lane;
  }
  const Budget budget = BudgetFor(account);
  lane.sessions = lane.per_account = std::min(budget.sessions, limits_.per_owner);
  lane.per_owner = limits_.per_owner;
  lane.mails_a_minute = budget.mails_a_minute;
  return lane;
}

LaneOf Carriers::LaneForUnknown(const std::string& account_id) const {
  LaneOf lane;
  lane.lane = SessionKeyOf(account_id);
  lane.sessions = lane.per_account = limits_.per_account;
  lane.per_owner = limits_.per_owner;
  return lane;
}

}  // namespace postern::sender
