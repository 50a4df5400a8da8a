#pragma once

#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/string_view.h"
#include "lib/mail/address.h"
#include "services/fetcher/account.h"
#include "services/fetcher/accounts_by_id.h"

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
  bool IsUser(absl::string_view jid) const { return by_owner_.contains(jid); }

 private:
  // The accounts of an owner side by side, in the order of their ids.
  struct ByOwner {
    using is_transparent = void;
    static absl::string_view Owner(absl::string_view jid) { return jid; }
    static absl::string_view Owner(const std::shared_ptr<const Account>& one) { return one->owner; }
    bool operator()(const std::shared_ptr<const Account>& one,
                    const std::shared_ptr<const Account>& other) const {
      return std::tie(one->owner, one->id) < std::tie(other->owner, other->id);
    }
    bool operator()(const auto& one, const auto& other) const { return Owner(one) < Owner(other); }
  };

  auto OfOwner(const std::string& jid) const {
    const auto [from, to] = by_owner_.equal_range(jid);
    return std::ranges::subrange(from, to);
  }

  AccountsById by_id_;
  absl::btree_set<std::shared_ptr<const Account>, ByOwner> by_owner_;
};

}  // namespace postern::fetcher
