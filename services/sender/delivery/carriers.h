#pragma once

#include <memory>

#include "services/sender/accounts/account_directory.h"
#include "services/sender/delivery/carrier.h"
#include "services/sender/delivery/roster.h"
#include "services/sender/delivery/session_carrier.h"

namespace postern::sender {

// Chooses the way out of each account: its own server or the operator's relay, perhaps over a
// route, or the servers of the recipients.
class Carriers {
 public:
  // `parts` outlives the carriers.
  Carriers(const SessionParts& parts, WorkerLimits limits) : parts_(parts), limits_(limits) {}

  std::unique_ptr<Carrier> CarrierFor(const Account& account) const;
  LaneOf LaneFor(const Account& account) const;
  // Of an account that is not known: its mail is given up, or waits.
  LaneOf LaneForUnknown(const std::string& account_id) const;

 private:
  // Of the lane, of the sessions, and in the limits.
  std::string KeyFor(const Account& account) const;
  // The lanes of operators' servers are for the accounts of all owners.
  bool SharesLane(const Account& account) const;
  bool GoesDirectly(const Account& account) const;
  Budget BudgetFor(const Account& account) const;

  const SessionParts& parts_;
  const WorkerLimits limits_;
};

// The sessions of an account's own server. The site relay's are all accounts'.
std::string SessionKeyOf(const std::string& account_id);

}  // namespace postern::sender
