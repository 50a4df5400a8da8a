#include "services/sender/accounts/account_directory.h"

#include <utility>

namespace postern::sender {

AccountDirectory::Changes AccountDirectory::Apply(std::vector<Account> changed,
                                                  const std::vector<std::string>& removed_ids,
                                                  bool snapshot) {
  Changes changes;
  changes.first = !loaded_;
  if (snapshot) {
    absl::flat_hash_set<std::string> kept;
    for (const Account& account : changed) kept.insert(account.id);
    std::vector<std::string> gone;
    for (const auto& [id, account] : accounts_) {
      if (!kept.contains(id)) gone.push_back(id);
    }
    for (const std::string& id : gone) Remove(id, changes);
  }
  for (const std::string& id : removed_ids) Remove(id, changes);
  for (Account& account : changed) {
    const std::string id = account.id;
    const auto known = accounts_.find(id);
    // Health changes often, and is none of our business: we are the ones who report it.
    if (known == accounts_.end() || known->second.settings_revision != account.settings_revision ||
        known->second.enabled != account.enabled ||
        known->second.default_from != account.default_from) {
      changes.changed.push_back(id);
    }
    if (known != accounts_.end() &&
        !crypto::CheckPasswordUse(UseOf(known->second), UseOf(account)).ok()) {
      changes.elsewhere.push_back(id);
    }
    by_owner_[account.owner].insert(id);
    accounts_[id] = std::move(account);
  }
  loaded_ = true;
  return changes;
}

void AccountDirectory::Remove(const std::string& id, Changes& changes) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return;
  const auto owner = by_owner_.find(found->second.owner);
  owner->second.erase(id);
  if (owner->second.empty()) by_owner_.erase(owner);
  accounts_.erase(found);
  changes.removed.push_back(id);
}

const Account* AccountDirectory::Find(absl::string_view id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

void AccountDirectory::ForEach(absl::FunctionRef<void(const Account&)> look) const {
  for (const auto& [id, account] : accounts_) look(account);
}

std::vector<std::string> AccountDirectory::AccountsOf(absl::string_view owner) const {
  const auto found = by_owner_.find(owner);
  if (found == by_owner_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

}  // namespace postern::sender
