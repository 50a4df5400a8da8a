#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/fetcher/account.h"
#include "services/fetcher/accounts_by_id.h"

namespace postern::fetcher {

// The IMAP and POP3 accounts as admin told them last, watched here or not.
class AccountBook {
 public:
  // The account as it is kept, should it be of a type that is.
  std::shared_ptr<const Account> Put(Account account) {
    auto kept = std::make_shared<const Account>(std::move(account));
    Remove(kept->id);
    if (kept->type != AccountType::kOther) accounts_.insert(kept);
    return kept;
  }
  void Remove(const std::string& account_id) { accounts_.erase(account_id); }

  // The ids of those for which `chosen` holds.
  template <class Chosen>
  std::vector<std::string> Ids(const Chosen& chosen) const {
    std::vector<std::string> ids;
    for (const auto& account : accounts_) {
      if (chosen(*account)) ids.push_back(account->id);
    }
    return ids;
  }

  // Null when there is none. What was found stays as it is though the account changes.
  std::shared_ptr<const Account> Find(const std::string& account_id) const {
    const auto found = accounts_.find(account_id);
    return found == accounts_.end() ? nullptr : *found;
  }

 private:
  AccountsById accounts_;
};

}  // namespace postern::fetcher
