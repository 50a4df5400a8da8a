#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace postern::sender {

enum class Security { kTls, kStartTls, kNone };

// A way out: a user's account on an SMTP server.
struct Account {
  std::string id;
  std::string owner;  // bare JID
  bool enabled = false;
  std::string host;
  uint16_t port = 0;
  Security security = Security::kTls;
  std::string login;            // empty: the server asks for none
  std::string sealed_password;  // bound to `id`
  std::string default_from;
  uint64_t settings_revision = 0;
  bool healthy = false;  // as admin last knew it
};

// The SMTP accounts of all users, as admin tells them.
class AccountDirectory {
 public:
  // What an update did: accounts that are new or have other settings, and those that are gone.
  struct Changes {
    std::vector<std::string> changed, removed;
    bool first = false;  // the first update since we started: new to us, old to their owners
  };

  // With `snapshot`, accounts that are not in `changed` are forgotten.
  Changes Apply(std::vector<Account> changed, const std::vector<std::string>& removed_ids,
                bool snapshot);

  // Valid until the next Apply: copy it before waiting for anything.
  const Account* Find(absl::string_view id) const;
  std::vector<std::string> AccountsOf(absl::string_view owner) const;
  bool loaded() const { return loaded_; }

 private:
  void Remove(const std::string& id, Changes& changes);

  absl::flat_hash_map<std::string, Account> accounts_;
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> by_owner_;
  bool loaded_ = false;
};

}  // namespace postern::sender
