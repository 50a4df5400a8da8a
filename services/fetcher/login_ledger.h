#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// How many watchers of this process are connected by each login, for servers that bear so
// many connections of one alone (imap/quirks.h). They get half of those: the others are for
// visits, and for the user's own clients.
class LoginLedger {
 public:
  // The right to one connection, while it lives; none is counted for a server of which no
  // limit is known.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : ledger_(other.ledger_), key_(std::move(other.key_)) {
      other.ledger_ = nullptr;
    }
    Place& operator=(Place&& other) noexcept;
    ~Place() { Leave(); }

   private:
    friend class LoginLedger;
    Place(LoginLedger* ledger, std::string key) : ledger_(ledger), key_(std::move(key)) {}
    void Leave();

    LoginLedger* ledger_ = nullptr;
    std::string key_;
  };

  // Nothing: there are as many as may be. The ledger outlives the place.
  std::optional<Place> Take(const Account& account);

 private:
  absl::flat_hash_map<std::string, size_t> connected_;  // by host and login
};

}  // namespace postern::fetcher
