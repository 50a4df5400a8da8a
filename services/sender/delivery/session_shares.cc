#include "services/sender/delivery/session_shares.h"

#include <utility>

#include "absl/container/flat_hash_map.h"

namespace postern::sender {

std::vector<std::string> BusyAccounts(const std::vector<SessionOf>& under_way,
                                      const AccountDirectory& accounts,
                                      const WorkerLimits& limits) {
  const auto& of_site_relay = accounts.OfSiteRelay();
  absl::flat_hash_map<std::string, size_t> of_account, of_owner;
  size_t at_site_relay = 0;
  for (const SessionOf& session : under_way) {
    ++of_account[session.account_id];
    ++of_owner[session.owner];
    at_site_relay += of_site_relay.contains(session.account_id);
  }
  std::vector<std::string> busy;
  for (const auto& [account, count] : of_account) {
    if (count >= limits.per_account) busy.push_back(account);
  }
  for (const auto& [owner, count] : of_owner) {
    if (count < limits.per_owner) continue;
    for (std::string& account : accounts.AccountsOf(owner)) busy.push_back(std::move(account));
  }
  if (at_site_relay >= limits.site_relay) {
    busy.insert(busy.end(), of_site_relay.begin(), of_site_relay.end());
  }
  return busy;
}

}  // namespace postern::sender
