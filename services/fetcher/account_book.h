#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// The IMAP and POP3 accounts as admin told them last, watched here or not.
class AccountBook {
 public:
  void Put(Account account) {
    const std::string id = account.id;
    if (account.type == AccountType::kOther) return Remove(id);
    accounts_[id] = std::make_shared<const Account>(std::move(account));
  }
  void Remove(const std::string& account_id) { accounts_.erase(account_id); }

  // Null when there is none. What was found stays as it is though the account changes.
  std::shared_ptr<const Account> Find(const std::string& account_id) const {
    const auto found = accounts_.find(account_id);
    return found == accounts_.end() ? nullptr : found->second;
  }

 private:
  absl::flat_hash_map<std::string, std::shared_ptr<const Account>> accounts_;
};

}  // namespace postern::fetcher
