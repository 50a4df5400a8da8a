#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// The IMAP and POP3 accounts as admin told them last, watched here or not.
class AccountBook {
 public:
  // The account as it is kept, should it be of a type that is.
  std::shared_ptr<const Account> Put(Account account) {
    auto kept = std::make_shared<const Account>(std::move(account));
    if (kept->type == AccountType::kOther) {
      Remove(kept->id);
    } else {
      accounts_[kept->id] = kept;
    }
    return kept;
  }
  void Remove(const std::string& account_id) { accounts_.erase(account_id); }

  // The ids of those for which `chosen` holds.
  template <class Chosen>
  std::vector<std::string> Ids(const Chosen& chosen) const {
    std::vector<std::string> ids;
    for (const auto& [id, account] : accounts_) {
      if (chosen(*account)) ids.push_back(id);
    }
    return ids;
  }

  // Null when there is none. What was found stays as it is though the account changes.
  std::shared_ptr<const Account> Find(const std::string& account_id) const {
    const auto found = accounts_.find(account_id);
    return found == accounts_.end() ? nullptr : found->second;
  }

 private:
  absl::flat_hash_map<std::string, std::shared_ptr<const Account>> accounts_;
};

}  // namespace postern::fetcher
