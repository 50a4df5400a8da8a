#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "lib/mail/address.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// By which of their accounts users send, as admin told them last: what a rule sends leaves as
// an answer would that its owner types.
class SendingBook {
 public:
  void Put(const std::shared_ptr<const Account>& account);
  void Remove(const std::string& account_id);

  struct Way {
    std::string account_id;
    mail::Address from;                  // no domain: the account names none
    std::vector<std::string> addresses;  // bare: it, and the account's other identities
  };
  // For mail that came to this mailbox: the account that sends with the same login, else the
  // owner's default one, else their only one. Nothing when none is enabled.
  std::optional<Way> For(const Account& mailbox) const;
  // The bare addresses that are the owner's, as far as is known; of this mailbox first.
  std::vector<std::string> AddressesFor(const Account& mailbox) const;
  // Whether anybody of this bare JID has an account.
  bool IsUser(const std::string& jid) const { return by_owner_.contains(jid); }

 private:
  using Accounts = absl::btree_map<std::string, std::shared_ptr<const Account>>;  // by id
  absl::flat_hash_map<std::string, Accounts> by_owner_;
  absl::flat_hash_map<std::string, std::string> owners_;  // by account id
};

}  // namespace postern::fetcher
